import FileSystem
import ObjectStore

/// The refs of a remote: a row of numbered steps, each created once and never changed.
///
/// Who moves refs reads the last step and creates the next one. Of many who do so at once one succeeds; the others see
/// its step, look again whether their move is still right, and go on from there. So none is lost, all refs of a push
/// move together, and a bucket needs no more than creating an object that is not there.
package struct RefLog: Sendable {
    package let remote: any Remote

    package init(remote: any Remote) { self.remote = remote }

    /// The refs after the last step.
    package struct State {
        /// The number of the next step.
        package var next: UInt64
        package var refs: [RefKey: ObjectID]
    }

    /// Reads the refs.
    package func read() throws(RemoteError) -> State {
        let last = try remote.list(RemoteLayout.refs).compactMap { RemoteLayout.refsNumber($0.name) }.max()
        guard let last else { return State(next: 0, refs: [:]) }
        var refs: [RefKey: ObjectID] = [:]
        for number in (last - last % RefStep.stride)...last {
            for (key, snapshot) in try step(number).refs { refs[key] = snapshot }
        }
        return State(next: last + 1, refs: refs)
    }

    private func step(_ number: UInt64) throws(RemoteError) -> RefStep {
        let name = RemoteLayout.refs(number)
        func damaged(_ reason: String) -> RemoteError {
            .damaged(location: remote.location, name: name, reason: reason)
        }
        guard let bytes = try remote.contents(name, limit: 1 << 28) else { throw damaged("it is missing") }
        do throws(DecodingFailure) {
            let step = try RefStep(decoding: bytes)
            guard step.number == number else { throw DecodingFailure("it is of another number") }
            return step
        } catch {
            throw damaged(error.reason)
        }
    }

    /// Moves refs, all or none.
    ///
    /// - Parameter decide: says from the refs as they are where each is to move; called again when another was quicker.
    /// - Returns: what moved.
    /// - Throws: what `decide` throws, or ``RemoteError/contended(location:)``.
    package func move(
        _ decide: ([RefKey: ObjectID]) throws(RemoteError) -> [RefKey: ObjectID]
    ) throws(RemoteError) -> [RefMove] {
        for attempt in 0..<100 {
            let state = try read()
            let changes = try decide(state.refs).filter { state.refs[$0.key] != $0.value }
            if changes.isEmpty { return [] }
            let isFull = state.next % RefStep.stride == 0
            let refs = isFull ? state.refs.merging(changes) { _, new in new } : changes
            let step = RefStep(number: state.next, refs: refs)
            if try remote.create(RemoteLayout.refs(state.next), step.encoded()) {
                return changes.map { RefMove($0.key, from: state.refs[$0.key], to: $0.value) }
                    .sorted { $0.key < $1.key }
            }
            // Many who wait for different times do not meet again.
            pause(milliseconds: Int.random(in: 0...min(500, 4 << min(attempt, 7))))
        }
        throw .contended(location: remote.location)
    }
}
