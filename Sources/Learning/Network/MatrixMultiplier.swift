import CKernels
import Tables

/// Products of matrices, on several threads.
///
/// An element of a product is always the same sum in the same order, so that a product does not depend on how it is
/// shared out.
final class MatrixMultiplier {
    /// Where a matrix lies: element (i, j) is `base[i * rowStride + j * columnStride]`.
    struct Place {
        let base: UnsafePointer<Float>
        let rowStride: Int
        let columnStride: Int

        init(_ base: UnsafePointer<Float>, rowStride: Int, columnStride: Int = 1) {
            (self.base, self.rowStride, self.columnStride) = (base, rowStride, columnStride)
        }

        /// The same numbers with rows for columns.
        var transposed: Place { Place(base, rowStride: columnStride, columnStride: rowStride) }
    }

    private let workers: Int
    private var panels = FloatBuffer(count: 0)

    /// How many products of two numbers are worth another thread: some fifty microseconds of work.
    private static let worthThreads = 1 << 21
    /// How many rows a thread takes at once.
    private static let stripRows = 96

    init(workers: Int) { self.workers = workers }

    /// result = left × right, plus a bias to each row, or plus what the result was.
    ///
    /// - Parameters:
    ///   - rows: the rows of `left` and of the result.
    ///   - depth: the columns of `left` and the rows of `right`.
    ///   - width: the columns of `right` and of the result.
    ///   - stride: how far apart the rows of the result lie.
    func multiply(
        _ left: Place, _ right: Place, rows: Int, depth: Int, width: Int, into result: UnsafeMutablePointer<Float>,
        stride: Int, bias: UnsafePointer<Float>? = nil, adds: Bool = false
    ) {
        if rows == 0 || width == 0 { return }
        let panelWidth = Int(vintage_panel_width())
        let panelCount = (width + panelWidth - 1) / panelWidth
        let panelSize = Int(vintage_panel_size(Int64(depth), Int64(panelWidth)))
        let isShared = workers > 1 && rows * depth * width >= Self.worthThreads
        let strips = isShared ? (rows + Self.stripRows - 1) / Self.stripRows : 1
        reserve(isShared ? panelCount * panelSize : panelSize)
        let memory = panels.base

        func pack(_ panel: Int, at target: UnsafeMutablePointer<Float>) {
            let first = panel * panelWidth
            vintage_pack(
                right.base + first * right.columnStride, Int64(right.rowStride), Int64(right.columnStride),
                Int64(depth), Int64(min(panelWidth, width - first)), target)
        }
        func multiply(_ panel: Int, at packed: UnsafePointer<Float>, _ strip: Range<Int>) {
            let first = panel * panelWidth
            vintage_multiply(
                left.base + strip.lowerBound * left.rowStride, Int64(left.rowStride), Int64(left.columnStride),
                Int64(strip.count), packed, Int64(depth), Int64(min(panelWidth, width - first)),
                result + strip.lowerBound * stride + first, Int64(stride), bias.map { $0 + first }, adds)
        }

        if !isShared {
            for panel in 0..<panelCount {
                pack(panel, at: memory)
                multiply(panel, at: memory, 0..<rows)
            }
        } else if panelCount >= 2 * workers {
            inParallel(panelCount, workers: workers) { panel in
                pack(panel, at: memory + panel * panelSize)
                multiply(panel, at: memory + panel * panelSize, 0..<rows)
            }
        } else {
            for panel in 0..<panelCount { pack(panel, at: memory + panel * panelSize) }
            inParallel(panelCount * strips, workers: workers) { part in
                let (panel, strip) = (part / strips, part % strips)
                let first = strip * Self.stripRows
                multiply(panel, at: memory + panel * panelSize, first..<min(rows, first + Self.stripRows))
            }
        }
    }

    /// result = left × a matrix that was packed before, plus a bias to each row.
    ///
    /// - Parameters:
    ///   - rows: the rows of `left` and of the result.
    ///   - stride: how far apart the rows of the result lie.
    static func multiply(
        _ left: Place, _ right: PackedMatrix, rows: Int, into result: UnsafeMutablePointer<Float>, stride: Int,
        bias: UnsafePointer<Float>
    ) {
        for panel in 0..<right.panelCount {
            let first = panel * right.panelWidth
            vintage_multiply(
                left.base, Int64(left.rowStride), Int64(left.columnStride), Int64(rows), right.panel(panel),
                Int64(right.depth), Int64(min(right.panelWidth, right.width - first)), result + first, Int64(stride),
                bias + first, false)
        }
    }

    private func reserve(_ count: Int) {
        if panels.count < count { panels = FloatBuffer(count: count) }
    }
}
