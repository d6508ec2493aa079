import ArgumentParser

@main
struct Vintage: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Keep datasets, features and models in step with the code.")
}
