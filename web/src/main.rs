//! Starts the console.

fn main() {
    console::run();
}
