#[derive(Debug)]
pub struct Fault;
impl Fault {
    pub async fn step(&self) {}
}
