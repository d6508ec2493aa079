/// Stands for the function of the module `Tables`, because what is measured here runs on one thread.
package func inParallel<Failure: Error>(
    _ parts: Int, workers: Int, _ body: (_ part: Int) throws(Failure) -> Void
) throws(Failure) {
    for part in 0..<parts { try body(part) }
}
