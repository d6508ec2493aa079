import CKernels
import Tables

/// Gradient-boosted trees, laid out to be walked fast.
///
///     let trees = try TreeEnsemble(parsing: bytes)
///     let margins = trees.margins([0.5, .nan, 3])    // one row of three numbers
///
/// It takes what XGBoost writes as JSON, and adds up the same leaves in the same order, so that its answers are XGBoost's to the
/// rounding of what outputs begin with. A number that is none is missing, and goes where training sent missing ones.
///
/// All nodes lie in one buffer of 8 bytes each (12 where a tree or a row is very large), tree by tree, level by level, both
/// children of a node side by side. `Sources/CKernels/include/TreeKernels.h` tells how they are walked.
public struct TreeEnsemble: Sendable {
    /// What was made small, in XGBoost's words.
    public let objective: String
    /// How many numbers a row has.
    public let columns: Int
    /// How many outputs a row has: one for each of several classes.
    public let outputs: Int
    /// How many trees there are.
    public let treeCount: Int
    /// What each output begins with.
    private let bases: [Float]
    private let nodes: Nodes
    /// What a leaf adds, node by node.
    private let values: [Float]
    private let roots: [UInt32]
    private let depths: [UInt32]
    private let treeOutputs: [UInt32]

    private enum Nodes {
        case narrow([VintageNarrowNode])
        case wide([VintageWideNode])
    }

    /// Reads a model of XGBoost, saved as JSON.
    ///
    /// - Throws: ``TreeModelError`` for what is damaged or not known: an answer is never guessed.
    public init(parsing bytes: [UInt8]) throws(TreeModelError) {
        try self.init(XGBoostModel(parsing: bytes))
    }

    init(_ model: XGBoostModel) throws(TreeModelError) {
        var layout = Layout(columns: model.columns)
        for tree in model.trees { layout.append(tree) }
        layout.finish()
        guard UInt32(exactly: layout.nodes.count) != nil else { throw .unsupported("it has more than 2^32 nodes") }
        (objective, columns, outputs) = (model.objective, model.columns, model.outputs)
        (treeCount, bases, values) = (model.trees.count, model.bases, layout.values)
        (roots, depths) = (layout.roots, layout.depths)
        treeOutputs = model.trees.map { UInt32($0.output) }
        nodes = layout.isNarrow ? .narrow(layout.nodes.map(VintageNarrowNode.init)) : .wide(layout.nodes)
    }

    /// How many bytes of memory it takes.
    public var byteCount: Int {
        let size =
            switch nodes {
            case .narrow(let nodes): nodes.count * MemoryLayout<VintageNarrowNode>.stride
            case .wide(let nodes): nodes.count * MemoryLayout<VintageWideNode>.stride
            }
        return size + values.count * 4 + (roots.count + depths.count + treeOutputs.count) * 4
    }

    // MARK: Answers

    /// What comes out for rows, before it becomes a probability.
    ///
    /// - Parameters:
    ///   - rows: rows × columns; what is no number is missing.
    ///   - workers: how many threads share the rows.
    /// - Returns: rows × outputs.
    public func margins(_ rows: [Float], workers: Int = 1) -> [Float] {
        precondition(rows.count % columns == 0, "every row has all columns")
        let count = rows.count / columns
        return [Float](unsafeUninitializedCapacity: count * outputs) { sums, filled in
            rows.withUnsafeBufferPointer { margins($0, into: sums, workers: workers) }
            filled = count * outputs
        }
    }

    /// The same into memory that is there, which needs no value before.
    ///
    /// - Parameters:
    ///   - rows: rows × columns.
    ///   - sums: rows × outputs.
    package func margins(
        _ rows: UnsafeBufferPointer<Float>, into sums: UnsafeMutableBufferPointer<Float>, workers: Int = 1
    ) {
        precondition(rows.count % columns == 0, "every row has all columns")
        let count = rows.count / columns
        precondition(sums.count >= count * outputs, "every row has all outputs")
        guard count > 0, let rows = rows.baseAddress, let sums = sums.baseAddress else { return }
        for row in 0..<count {
            for output in 0..<outputs { sums[row * outputs + output] = bases[output] }
        }
        withKernelTrees { trees in
            // Threads take whole blocks. Each writes the sums of its own rows.
            let strip = Self.stripRows
            if workers == 1 || count <= strip { return walk(trees, rows, count, sums) }
            inParallel((count + strip - 1) / strip, workers: workers) { part in
                let first = part * strip
                walk(trees, rows + first * columns, min(strip, count - first), sums + first * outputs)
            }
        }
    }

    /// How many rows a thread takes at once.
    private static let stripRows = 1024
    /// Below so many rows each is walked alone, all trees at once, because lanes without a row would do nothing.
    private static let fewRows = 3
    /// How many bytes of rows a tree is walked with before the next one is: about a third of the nearest cache.
    private static let blockBytes = 12 << 10

    private func walk(
        _ trees: VintageTrees, _ rows: UnsafePointer<Float>, _ count: Int, _ sums: UnsafeMutablePointer<Float>
    ) {
        let lanes = Int(VINTAGE_TREE_LANES)
        let rowBytes = 2 * columns * MemoryLayout<Float>.stride
        let isAlone = count <= Self.fewRows
        let fitting = min(512, max(1, Self.blockBytes / rowBytes / lanes)) * lanes
        let block = min(fitting, (count + lanes - 1) / lanes * lanes)
        withUnsafeTemporaryAllocation(byteCount: rowBytes * (isAlone ? 1 : block), alignment: 64) { scratch in
            guard let memory = scratch.bindMemory(to: Float.self).baseAddress else { return }
            // The layout's own pointers live as long as the call.
            var trees = trees
            if !isAlone { return vintage_walk_rows(&trees, rows, Int64(count), Int64(block), memory, sums) }
            for row in 0..<count {
                vintage_walk_row(&trees, rows + row * columns, memory, sums + row * outputs)
            }
        }
    }

    private func withKernelTrees(_ body: (VintageTrees) -> Void) {
        values.withUnsafeBufferPointer { values in
            roots.withUnsafeBufferPointer { roots in
                depths.withUnsafeBufferPointer { depths in
                    treeOutputs.withUnsafeBufferPointer { outputs in
                        var trees = VintageTrees()
                        (trees.values, trees.roots) = (values.baseAddress, roots.baseAddress)
                        (trees.depths, trees.outputs) = (depths.baseAddress, outputs.baseAddress)
                        (trees.tree_count, trees.output_count) = (Int64(treeCount), Int64(self.outputs))
                        trees.columns = Int64(columns)
                        switch nodes {
                        case .narrow(let nodes):
                            nodes.withUnsafeBufferPointer {
                                trees.narrow = $0.baseAddress
                                body(trees)
                            }
                        case .wide(let nodes):
                            nodes.withUnsafeBufferPointer {
                                trees.wide = $0.baseAddress
                                body(trees)
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Puts trees one behind another.
private struct Layout {
    let columns: Int
    private(set) var nodes: [VintageWideNode] = []
    private(set) var values: [Float] = []
    private(set) var roots: [UInt32] = []
    private(set) var depths: [UInt32] = []
    private(set) var isNarrow: Bool

    init(columns: Int) {
        self.columns = columns
        isNarrow = 4 * (2 * columns - 1) <= UInt16.max
    }

    /// Adds a checked tree.
    ///
    /// A kernel's node sends what is no number to its first child. So where a missing number goes left, that is the left one, and
    /// where it goes right the right one; the question is then about the negative, for which it is turned round:
    /// x ≥ t where -x ≤ -t, which is where -x is not at least the next number after -t.
    mutating func append(_ tree: XGBoostModel.Tree) {
        let root = nodes.count
        roots.append(UInt32(truncatingIfNeeded: root))
        // The nodes of the tree by level, each with where it is to lie: siblings together.
        var order: [Int32] = [0]
        var (place, level, depth) = (0, 1, 0)
        while place < order.count {
            if place == level { (level, depth) = (order.count, depth + 1) }
            let node = Int(order[place])
            var made = VintageWideNode(threshold: .nan, column: 0, child: 0)
            var value: Float = 0
            if tree.left[node] < 0 {
                value = tree.thresholds[node]
            } else {
                let (column, threshold) = (Int(tree.columns[node]), tree.thresholds[node])
                let child = order.count - place
                if tree.missingGoesLeft[node] {
                    order += [tree.left[node], tree.right[node]]
                    made = VintageWideNode(threshold: threshold, column: UInt32(4 * column), child: UInt32(child))
                } else {
                    order += [tree.right[node], tree.left[node]]
                    made = VintageWideNode(
                        threshold: (-threshold).nextUp, column: UInt32(4 * (columns + column)), child: UInt32(child))
                }
                if child > UInt16.max { isNarrow = false }
            }
            nodes.append(made)
            values.append(value)
            place += 1
        }
        depths.append(UInt32(depth))
    }

    /// Adds the leaf that lanes without a tree stand at.
    mutating func finish() {
        let leaf = UInt32(truncatingIfNeeded: nodes.count)
        nodes.append(VintageWideNode(threshold: .nan, column: 0, child: 0))
        values.append(0)
        while roots.count % Int(VINTAGE_TREE_LANES) != 0 {
            roots.append(leaf)
            depths.append(0)
        }
    }
}

extension VintageNarrowNode {
    /// The same node in less room.
    fileprivate init(_ wide: VintageWideNode) {
        self.init(threshold: wide.threshold, column: UInt16(wide.column), child: UInt16(wide.child))
    }
}
