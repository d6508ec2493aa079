/// Visits objects so that each comes after all that it needs, and none comes twice.
///
/// Whoever copies objects in this order can stop anywhere: what has been copied is whole.
///
///     var walk = BottomUpWalk(indexes) { (location) throws(StoreError) in try read(location) }
///     try walk.visit(ObjectLink(ObjectKey(id, .snapshot)), isKnown: { remote.contains($0) }) { copy($0) }
package struct BottomUpWalk: ~Copyable {
    /// An object that is waiting for those it needs.
    private struct Frame {
        let location: RecordLocation
        let links: [ObjectLink]
        var next = 0
    }

    /// Reads an object and checks it.
    package typealias Reader = (RecordLocation) throws(StoreError) -> [UInt8]

    private var marks: EntryMarks
    private let read: Reader

    /// - Parameter indexes: they name all objects that may be met.
    package init(_ indexes: [PackIndex], read: @escaping Reader) {
        marks = EntryMarks(indexes)
        self.read = read
    }

    /// Visits an object and all that it needs.
    ///
    /// - Parameters:
    ///   - isKnown: whether an object, and so all that it needs, is passed over.
    ///   - body: called with each object that is not.
    /// - Throws: ``StoreError/missing(_:_:)``, or what is wrong with an object.
    package mutating func visit(
        _ root: ObjectLink, isKnown: (ObjectKey) -> Bool, _ body: (RecordLocation) throws(StoreError) -> Void
    ) throws(StoreError) {
        // A list instead of recursion: a stored tree may be deeper than a thread's stack.
        var stack: [Frame] = []
        if let frame = try open(root, isKnown) { stack.append(frame) }
        while var frame = stack.popLast() {
            guard frame.next < frame.links.count else {
                try body(frame.location)
                continue
            }
            let link = frame.links[frame.next]
            frame.next += 1
            stack.append(frame)
            if let inner = try open(link, isKnown) { stack.append(inner) }
        }
    }

    /// Begins with an object; `nil` if there is nothing to do about it.
    private mutating func open(_ link: ObjectLink, _ isKnown: (ObjectKey) -> Bool) throws(StoreError) -> Frame? {
        guard let place = marks.place(of: link.key) else {
            if isKnown(link.key) { return nil }
            throw .missing(link.key.id, link.key.kind)
        }
        guard marks.insert(place), !isKnown(link.key) else { return nil }
        guard let location = marks.location(of: place) else {
            throw .damaged(link.key.id, link.key.kind, reason: "its index entry is damaged")
        }
        if link.key.kind == .chunk { return Frame(location: location, links: []) }
        return Frame(location: location, links: try link.links(in: try read(location)))
    }
}
