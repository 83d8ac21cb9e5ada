//! The Model Context Protocol: messages, versions, schemas. Pure: no socket, no clock.
