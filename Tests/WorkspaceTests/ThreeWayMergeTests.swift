import FileSystem
import Testing
import Workspace

/// A tree for tests: files hold a number, folders may be empty.
private indirect enum Tree: Hashable {
    case file(Int)
    case folder([String: Tree])

    var isFolder: Bool {
        if case .folder = self { return true }
        return false
    }

    var entries: [MergeEntry<Tree>] {
        guard case .folder(let entries) = self else { return [] }
        return entries.map { MergeEntry(name: Array($0.key.utf8), content: $0.value) }
            .sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }

    init(_ merged: MergedNode<Tree>) {
        switch merged {
        case .existing(let tree): self = tree
        case .folder(let entries):
            let pairs = entries.map { (String(decoding: $0.name, as: UTF8.self), Tree($0.content)) }
            self = .folder(Dictionary(uniqueKeysWithValues: pairs))
        }
    }
}

extension Tree: ExpressibleByIntegerLiteral, ExpressibleByDictionaryLiteral {
    init(integerLiteral value: Int) { self = .file(value) }
    init(dictionaryLiteral elements: (String, Tree)...) { self = .folder(Dictionary(uniqueKeysWithValues: elements)) }
}

private func merge(_ base: Tree?, _ ours: Tree?, _ theirs: Tree?) -> (tree: Tree?, conflicts: [MergeConflict<Tree>]) {
    let merge = ThreeWayMerge<Tree, Never>(isFolder: \.isFolder, entries: \.entries)
    let result = merge.merge(base: base, ours: ours, theirs: theirs)
    return (result.merged.map { Tree($0) }, result.conflicts)
}

@Suite("Three-way merge")
struct ThreeWayMergeTests {
    @Test("changes of one side, and the same change of both, are taken")
    func clean() {
        let base: Tree = ["kept": 1, "ours": 1, "theirs": 1, "both": 1, "deleted": 1, "d": ["a": 1, "b": 1]]
        let ours: Tree = ["kept": 1, "ours": 2, "theirs": 1, "both": 3, "deleted": 1, "d": ["a": 2, "b": 1], "new": 7]
        let theirs: Tree = ["kept": 1, "ours": 1, "theirs": 4, "both": 3, "d": ["a": 1, "b": 5], "new": 7]
        let result = merge(base, ours, theirs)
        #expect(result.tree == ["kept": 1, "ours": 2, "theirs": 4, "both": 3, "d": ["a": 2, "b": 5], "new": 7])
        #expect(result.conflicts.isEmpty)
    }

    @Test(
        "different changes of one path are a conflict, and ours is kept",
        arguments: [
            (1, 2, 3, .bothChanged), (nil, 2, 3, .bothAdded), (1, nil, 3, .deletedByUs), (1, 2, nil, .deletedByThem),
            (1, 2, ["a": 3], .fileAgainstFolder), (["a": 1], 2, ["a": 3], .fileAgainstFolder),
            (nil, ["a": 1], 3, .fileAgainstFolder), (["x": 1], 2, 3, .bothAdded), (1, [:], 3, .fileAgainstFolder),
        ] as [(Tree?, Tree?, Tree?, MergeConflict<Tree>.Kind)])
    private func conflict(base: Tree?, ours: Tree?, theirs: Tree?, kind: MergeConflict<Tree>.Kind) throws {
        func wrapped(_ tree: Tree?) -> Tree {
            .folder(tree.map { ["dir": .folder(["file": $0, "z": 0])] } ?? ["dir": ["z": 0]])
        }
        let result = merge(wrapped(base), wrapped(ours), wrapped(theirs))
        #expect(result.tree == wrapped(ours))
        let conflict = try #require(result.conflicts.first)
        #expect(result.conflicts.count == 1)
        #expect(try conflict.path == RelativePath("dir/file"))
        #expect(conflict.kind == kind)
        #expect(conflict.base == base && conflict.ours == ours && conflict.theirs == theirs)
    }

    @Test("a folder that one side deletes keeps what the other added, and conflicts on what it changed")
    func deletedFolder() throws {
        let result = merge(["d": ["a": 1, "b": 1]], ["d": ["a": 2, "b": 1, "c": 9]], [:])
        #expect(result.tree == ["d": ["a": 2, "c": 9]])
        #expect(try result.conflicts.map(\.path) == [RelativePath("d/a")])
        #expect(result.conflicts.map(\.kind) == [.deletedByThem])
    }

    @Test("a file may take the place of a folder whose content the other side left alone")
    func fileForFolder() {
        let result = merge(["d": ["a": 1, "b": 1]], ["d": ["a": 1]], ["d": 5])
        #expect(result.tree == ["d": 5])
        #expect(result.conflicts.isEmpty)
    }

    @Test("a file that both sides deleted makes place for a folder")
    func folderForFile() {
        let result = merge(["d": 1, "e": 1], ["d": ["a": 1], "e": 2], ["e": 1])
        #expect(result.tree == ["d": ["a": 1], "e": 2])
        #expect(result.conflicts.isEmpty)
    }

    @Test("empty folders are added, kept and deleted like files")
    func emptyFolders() {
        #expect(merge([:], ["new": [:]], ["f": 1]).tree == ["new": [:], "f": 1])
        #expect(merge(["old": [:]], [:], ["old": [:], "f": 1]).tree == ["f": 1])
        #expect(merge(["d": ["a": 1, "b": 1]], ["d": ["a": 1]], ["d": ["b": 1]]).tree == ["d": [:]])
        #expect(merge(["d": ["a": 1]], ["d": [:]], ["x": 1]).tree == ["x": 1])
    }

    @Test("a root may be missing or a file")
    func roots() {
        #expect(merge(nil, nil, nil).tree == nil)
        #expect(merge(nil, ["a": 1], ["b": 2]).tree == ["a": 1, "b": 2])
        #expect(merge(["a": 1], nil, ["a": 1]).tree == nil)
        #expect(merge(1, 1, 2).tree == 2)
        #expect(merge(1, 2, 3).conflicts.map(\.path) == [.root])
    }

    @Test("only folders that differ on all three sides are opened")
    func laziness() throws {
        let base: Tree = [
            "same": ["a": 1], "ours": ["a": 1], "theirs": ["a": 1], "both": ["a": 1], "d": ["a": 1, "e": [:]],
        ]
        let ours: Tree = [
            "same": ["a": 1], "ours": ["a": 2], "theirs": ["a": 1], "both": ["a": 3], "d": ["a": 2, "e": [:]],
        ]
        let theirs: Tree = [
            "same": ["a": 1], "ours": ["a": 1], "theirs": ["a": 2], "both": ["a": 3], "d": ["a": 1, "e": [:], "n": 1],
        ]
        var opened: [Tree] = []
        let merge = ThreeWayMerge<Tree, Never>(isFolder: \.isFolder) { tree in
            opened.append(tree)
            return tree.entries
        }
        let result = merge.merge(base: base, ours: ours, theirs: theirs)
        #expect(
            Set(opened) == [base, ours, theirs, ["a": 1, "e": [:]], ["a": 2, "e": [:]], ["a": 1, "e": [:], "n": 1]])
        #expect(opened.count == 6)
        #expect(result.conflicts.isEmpty)
    }

    @Test("a folder that comes out as one side has it is given as that side's")
    func reuse() {
        let merge = ThreeWayMerge<Tree, Never>(isFolder: \.isFolder, entries: \.entries)
        let ours: Tree = ["d": ["a": 2, "b": 2]]
        // Theirs made a part of our change.
        let result = merge.merge(base: ["d": ["a": 1, "b": 1]], ours: ours, theirs: ["d": ["a": 1, "b": 2]])
        #expect(result.merged == .existing(ours))
    }

    @Test("what opening a folder throws is passed on")
    func failure() {
        struct Damaged: Error {}
        let merge = ThreeWayMerge<Tree, Damaged>(
            isFolder: \.isFolder, entries: { _ throws(Damaged) in throw Damaged() })
        #expect(throws: Damaged.self) { try merge.merge(base: nil, ours: ["a": 1], theirs: ["a": 2]) }
    }

    @Test("values at paths are merged as a tree of them")
    func pathTree() throws {
        func tree(_ values: [String: Int]) throws -> PathTree<Int> {
            try PathTree(values.map { (path: try RelativePath($0.key), value: $0.value) })
        }
        let merge = try PathTree.merge(
            base: tree(["a": 1, "d/x": 1, "d/y": 1]), ours: tree(["a": 2, "d/x": 2, "n": 4]),
            theirs: tree(["a": 1, "d/x": 3, "d/y": 1, "n/m": 5]))
        #expect(merge.tree.values.map(\.path.description) == ["a", "d/x", "n"])
        #expect(merge.tree.values.map(\.value) == [2, 2, 4])
        #expect(merge.conflicts.map(\.path.description) == ["d/x", "n"])
        #expect(merge.conflicts.map(\.kind) == [.bothChanged, .fileAgainstFolder])
        #expect(merge.conflicts.first?.theirs == .value(3))
    }
}
