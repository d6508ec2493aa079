import LearningSupport

/// Trees made up by chance, with the obvious way to walk them.
struct MadeUpTrees {
    struct Node {
        var left = -1
        var right = -1
        var column = 0
        var threshold: Float = 0
        var missingGoesLeft = false
    }

    var objective = "reg:squarederror"
    var base = "0"
    var columns: Int
    var outputs = 1
    var trees: [[Node]] = []

    /// An ensemble.
    ///
    /// - Parameter splits: how many questions a tree asks.
    init(_ random: inout SeededNumbers, columns: Int, outputs: Int = 1, trees: Int, splits: Int, isChain: Bool = false)
    {
        (self.columns, self.outputs) = (columns, outputs)
        for _ in 0..<trees {
            var nodes = [Node()]
            var leaves = [0]
            for _ in 0..<splits {
                let place = isChain ? leaves.count - 1 : random.below(leaves.count)
                let node = leaves.remove(at: place)
                nodes[node].column = random.below(columns)
                nodes[node].threshold = Self.number(&random)
                nodes[node].missingGoesLeft = random.below(2) == 0
                (nodes[node].left, nodes[node].right) = (nodes.count, nodes.count + 1)
                leaves += [nodes.count, nodes.count + 1]
                nodes += [Node(), Node()]
            }
            for leaf in leaves { nodes[leaf].threshold = random.signed() }
            self.trees.append(nodes)
        }
    }

    /// A number of which there are few, so that rows lie on thresholds; some at the ends of what there is.
    static func number(_ random: inout SeededNumbers) -> Float {
        switch random.below(12) {
        case 0: [.greatestFiniteMagnitude, -.greatestFiniteMagnitude][random.below(2)]
        case 1: [0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude][random.below(4)]
        default: Float(random.below(9) - 4) / 4
        }
    }

    /// Rows with missing and infinite numbers.
    func rows(_ count: Int, _ random: inout SeededNumbers) -> [Float] {
        (0..<(count * columns)).map { _ in
            switch random.below(10) {
            case 0: .nan
            case 1: [.infinity, -.infinity][random.below(2)]
            default: Self.number(&random)
            }
        }
    }

    /// What comes out, by the rules as they are told.
    func margins(_ rows: [Float]) -> [Float] {
        var sums = [Float](repeating: Float(base) ?? .nan, count: rows.count / columns * outputs)
        for row in 0..<(rows.count / columns) {
            for (number, nodes) in trees.enumerated() {
                var node = nodes[0]
                while node.left >= 0 {
                    let value = rows[row * columns + node.column]
                    let goesLeft = value.isNaN ? node.missingGoesLeft : value < node.threshold
                    node = nodes[goesLeft ? node.left : node.right]
                }
                sums[row * outputs + number % outputs] += node.threshold
            }
        }
        return sums
    }

    /// As XGBoost writes it.
    var json: String {
        func list(_ nodes: [Node], _ value: (Node) -> String) -> String {
            "[" + nodes.map(value).joined(separator: ",") + "]"
        }
        let written = trees.enumerated().map { number, nodes in
            """
            {"base_weights":\(list(nodes) { _ in "0E0" }),"categories":[],"default_left":\(list(nodes) { $0.missingGoesLeft ? "1" : "0" }),\
            "id":\(number),"left_children":\(list(nodes) { "\($0.left)" }),"right_children":\(list(nodes) { "\($0.right)" }),\
            "split_conditions":\(list(nodes) { "\($0.threshold)" }),"split_indices":\(list(nodes) { "\($0.column)" }),\
            "split_type":\(list(nodes) { _ in "0" }),"tree_param":{"num_deleted":"0","num_nodes":"\(nodes.count)",\
            "size_leaf_vector":"0"}}
            """
        }
        let info = trees.indices.map { "\($0 % outputs)" }.joined(separator: ",")
        return """
            {"learner":{"attributes":{},"gradient_booster":{"model":{"gbtree_model_param":{"num_trees":"\(trees.count)"},\
            "tree_info":[\(info)],"trees":[\(written.joined(separator: ","))]},"name":"gbtree"},\
            "learner_model_param":{"base_score":"\(base)","num_class":"\(outputs > 1 ? outputs : 0)",\
            "num_feature":"\(columns)"},"objective":{"name":"\(objective)"}},"version":[1,7,4]}
            """
    }
}
