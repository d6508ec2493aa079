/// How an ensemble of trees is grown.
public struct TreeSettings: Sendable, Equatable {
    /// How many rounds there are; each adds a tree, or one for each class.
    public var rounds = 200
    /// How much of a tree's answer counts.
    public var learningRate = 0.1
    /// How many questions a tree asks at most, one after another.
    public var depth = 6
    /// How much the rows of a leaf weigh at least, by the loss's second derivatives.
    public var minimumWeight = 1.0
    /// The share of rows that a tree is grown from.
    public var rowShare = 1.0
    /// The share of columns that a tree is grown from.
    public var columnShare = 1.0
    /// How much leaves are pulled towards 0, by their squares.
    public var ridge = 1.0
    /// How much leaves are pulled towards 0, by their sizes.
    public var lasso = 0.0
    /// How much a question has to gain at least.
    public var minimumGain = 0.0
    /// Into how many bins a column's values are put.
    public var bins = 256

    /// The settings where nothing is said.
    public init() {}
}

extension TreeSettings {
    /// As XGBoost takes them.
    ///
    /// - Parameter classes: how many outputs there are.
    func parameters(_ loss: Loss, outputs: Int, seed: UInt64, threads: Int) throws(LearningError) -> [(String, String)]
    {
        guard let (objective, metric) = loss.treeNames else {
            throw .misuse("the loss '\(loss.rawValue)' does not go with the model 'trees'; use 'logistic'")
        }
        var parameters = [
            ("booster", "gbtree"), ("tree_method", "hist"), ("objective", objective), ("eval_metric", metric),
            ("eta", "\(learningRate)"), ("max_depth", "\(depth)"), ("min_child_weight", "\(minimumWeight)"),
            ("subsample", "\(rowShare)"), ("colsample_bytree", "\(columnShare)"), ("lambda", "\(ridge)"),
            ("alpha", "\(lasso)"), ("gamma", "\(minimumGain)"), ("max_bin", "\(bins)"),
            ("seed", "\(seed & 0x7fff_ffff)"), ("seed_per_iteration", "1"), ("nthread", "\(threads)"),
        ]
        if outputs > 1 { parameters.append(("num_class", "\(outputs)")) }
        return parameters
    }
}

extension Loss {
    /// What XGBoost calls the loss, and what it calls its mean; `nil` if it has none such.
    fileprivate var treeNames: (objective: String, metric: String)? {
        switch self {
        case .squaredError: ("reg:squarederror", "rmse")
        case .absoluteError: ("reg:absoluteerror", "mae")
        case .huber: ("reg:pseudohubererror", "mphe")
        case .poisson: ("count:poisson", "poisson-nloglik")
        case .logistic: ("binary:logistic", "logloss")
        case .softmax: ("multi:softprob", "mlogloss")
        case .ndcg: ("rank:ndcg", "ndcg")
        case .focal: nil
        }
    }

    /// What XGBoost calls the loss; `nil` if it has none such.
    package var treeObjective: String? { treeNames?.objective }
}
