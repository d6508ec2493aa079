import CKernels
import Tables

/// A matrix in the order in which products read it.
final class PackedMatrix: Sendable {
    /// How many rows it has.
    let depth: Int
    /// How many columns it has.
    let width: Int
    /// How many columns a panel has at most.
    let panelWidth: Int
    /// How many panels there are.
    let panelCount: Int
    private let panelSize: Int
    private let panels: FloatBuffer

    /// Copies a matrix whose rows lie one after the other: depth × width.
    init(_ matrix: UnsafePointer<Float>, depth: Int, width: Int) {
        (self.depth, self.width) = (depth, width)
        panelWidth = Int(vintage_panel_width())
        panelCount = (width + panelWidth - 1) / panelWidth
        panelSize = Int(vintage_panel_size(Int64(depth), Int64(panelWidth)))
        panels = FloatBuffer(count: panelCount * panelSize)
        for panel in 0..<panelCount {
            let first = panel * panelWidth
            vintage_pack(
                matrix + first, Int64(width), 1, Int64(depth), Int64(min(panelWidth, width - first)),
                panels.base + panel * panelSize)
        }
    }

    /// Where a panel begins.
    func panel(_ number: Int) -> UnsafePointer<Float> { UnsafePointer(panels.base + number * panelSize) }
}

/// A network that predicts and does not learn: its dense layers are brought into the order of reading once, and not for
/// each batch, which for a single row would take longer than the products.
///
/// Its outputs are those of ``NetworkPass``, bit by bit. Threads may use one at once. The network's weights must not
/// change any more.
package final class PackedNetwork: Sendable {
    /// The network.
    let network: Network
    /// The dense layers' weights.
    let layers: [PackedMatrix]

    /// How many rows go through all layers together: what they make stays in a core's cache.
    private static let batchSize = 192

    /// Copies a network's weights.
    package init(_ network: Network) {
        self.network = network
        layers = network.layers.enumerated().map { number, layer in
            PackedMatrix(network.weight(number), depth: layer.inputs, width: layer.outputs)
        }
    }

    /// What comes out for rows of data: rows × outputs.
    ///
    /// - Parameter workers: how many threads share the rows.
    package func outputs(of matrix: FeatureMatrix, workers: Int) -> [Float] {
        let width = network.architecture.outputs
        let batches = (0..<matrix.count).pieces(of: Self.batchSize)
        return [Float](unsafeUninitializedCapacity: matrix.count * width) { outputs, count in
            // Each batch writes rows of its own.
            let base = outputs.baseAddress
            func run(_ range: Range<Int>, _ pass: NetworkPass) {
                pass.load(matrix, rows: Int32(range.lowerBound)..<Int32(range.upperBound))
                pass.forward()
                if let base, let made = pass.outputs.baseAddress {
                    (base + range.lowerBound * width).initialize(from: made, count: range.count * width)
                }
            }
            let capacity = min(Self.batchSize, matrix.count)
            if min(workers, batches.count) <= 1 {
                let pass = NetworkPass(self, capacity: capacity)
                for range in batches { run(range, pass) }
            } else {
                inParallel(batches.count, workers: workers) { number in
                    run(batches[number], NetworkPass(self, capacity: capacity))
                }
            }
            count = matrix.count * width
        }
    }
}

extension Network {
    /// What comes out for rows of data, now: rows × outputs.
    package func outputs(of matrix: FeatureMatrix, workers: Int) -> [Float] {
        PackedNetwork(self).outputs(of: matrix, workers: workers)
    }
}
