mod arguments;
mod messages;
mod names;
mod schemas;
