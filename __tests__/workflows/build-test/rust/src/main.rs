fn main() {
    if itoa::Buffer::new().format(17) == "17" {
        println!("built: rust");
    }
}
