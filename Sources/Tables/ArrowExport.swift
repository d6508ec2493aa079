import CTables

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

// Schemas and batches as the C data interface hands them to a consumer, which calls their release when it is done. The
// consumer may do so on any thread.

extension Schema {
    /// A schema for a consumer.
    func exported() -> ArrowSchema {
        let children = fields.map { field in
            exportedSchema(
                field.type.arrowFormat, name: field.name, isNullable: field.isNullable,
                children: field.type.isVector ? [exportedSchema("f", name: "element", isNullable: false)] : [])
        }
        return exportedSchema("+s", name: "", isNullable: false, children: children)
    }
}

private func exportedSchema(
    _ format: String, name: String, isNullable: Bool, children: [ArrowSchema] = []
) -> ArrowSchema {
    var schema = ArrowSchema()
    // What `strdup` returns is null only without memory, which Swift does not outlive either.
    schema.format = UnsafePointer(strdup(format))
    schema.name = UnsafePointer(strdup(name))
    schema.flags = isNullable ? Int64(ARROW_FLAG_NULLABLE) : 0
    schema.n_children = Int64(children.count)
    schema.children = pointers(to: children)
    schema.release = { schema in
        guard let schema else { return }
        free(UnsafeMutablePointer(mutating: schema.pointee.format))
        free(UnsafeMutablePointer(mutating: schema.pointee.name))
        for number in 0..<Int(schema.pointee.n_children) {
            guard let child = schema.pointee.children[number] else { continue }
            child.pointee.release?(child)
            child.deallocate()
        }
        schema.pointee.children?.deallocate()
        schema.pointee.release = nil
    }
    return schema
}

extension RecordBatch {
    /// The batch for a consumer, which keeps the columns alive. No column has a dictionary.
    func exported() -> ArrowArray {
        exportedArray(
            count: count, nullCount: 0, offset: 0, buffers: [nil], children: columns.map { $0.exported() }, owner: nil)
    }
}

extension Column {
    fileprivate func exported() -> ArrowArray {
        if case .vector(let dimension) = type {
            let numbers = exportedArray(
                count: (offset + count) * dimension, nullCount: 0, offset: 0, buffers: [nil, values], owner: self)
            return exportedArray(
                count: count, nullCount: nullCount, offset: offset, buffers: [UnsafeRawPointer(validity)],
                children: [numbers], owner: self)
        }
        let buffers: [UnsafeRawPointer?] =
            [UnsafeRawPointer(validity), values] + (type.isVariable ? [bytes] : [])
        return exportedArray(
            count: count, nullCount: nullCount, offset: offset, buffers: buffers, owner: self)
    }
}

private func exportedArray(
    count: Int, nullCount: Int, offset: Int, buffers: [UnsafeRawPointer?], children: [ArrowArray] = [],
    owner: Column?
) -> ArrowArray {
    var array = ArrowArray()
    array.length = Int64(count)
    array.null_count = Int64(nullCount)
    array.offset = Int64(offset)
    array.n_buffers = Int64(buffers.count)
    array.buffers = .allocate(capacity: buffers.count)
    for (number, buffer) in buffers.enumerated() { (array.buffers + number).initialize(to: buffer) }
    array.n_children = Int64(children.count)
    array.children = pointers(to: children)
    array.private_data = owner.map { Unmanaged.passRetained($0).toOpaque() }
    array.release = { array in
        guard let array else { return }
        array.pointee.buffers?.deallocate()
        for number in 0..<Int(array.pointee.n_children) {
            guard let child = array.pointee.children[number] else { continue }
            child.pointee.release?(child)
            child.deallocate()
        }
        array.pointee.children?.deallocate()
        if let owner = array.pointee.private_data { Unmanaged<Column>.fromOpaque(owner).release() }
        array.pointee.release = nil
    }
    return array
}

private func pointer<Value>(to value: Value) -> UnsafeMutablePointer<Value> {
    let pointer = UnsafeMutablePointer<Value>.allocate(capacity: 1)
    pointer.initialize(to: value)
    return pointer
}

private func pointers<Value>(to values: [Value]) -> UnsafeMutablePointer<UnsafeMutablePointer<Value>?>? {
    if values.isEmpty { return nil }
    let pointers = UnsafeMutablePointer<UnsafeMutablePointer<Value>?>.allocate(capacity: values.count)
    for (number, value) in values.enumerated() { (pointers + number).initialize(to: pointer(to: value)) }
    return pointers
}
