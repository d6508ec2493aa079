/// The greatest value of any run of ranks that reaches to the last one, while values come and go.
struct ExtremumTree {
    /// The leaves are the upper half; each other node has the greater of its two children.
    private var nodes: [Int64]
    private let count: Int

    /// What stands at a rank without a value.
    static var nothing: Int64 { .min }

    /// A tree of `count` ranks without values.
    init(count: Int) {
        self.count = count
        nodes = Array(repeating: Self.nothing, count: 2 * count)
    }

    /// Sets the value at a rank.
    mutating func set(_ rank: Int, to value: Int64) {
        var node = rank + count
        nodes[node] = value
        while node > 1 {
            let greater = max(nodes[node], nodes[node ^ 1])
            node >>= 1
            if nodes[node] == greater { return }
            nodes[node] = greater
        }
    }

    /// The greatest value from `rank` on.
    func greatest(from rank: Int) -> Int64 {
        var (left, right) = (rank + count, 2 * count)
        var greatest = Self.nothing
        while left < right {
            if left & 1 == 1 {
                greatest = max(greatest, nodes[left])
                left += 1
            }
            if right & 1 == 1 {
                right -= 1
                greatest = max(greatest, nodes[right])
            }
            left >>= 1
            right >>= 1
        }
        return greatest
    }
}
