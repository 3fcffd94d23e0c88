namespace OrleansFlow.Workflows.Definitions;

/// <summary>Declares the arms of a branch. They are asked in order; the first whose guard holds takes the output.</summary>
/// <typeparam name="TOut">The output of the node that branches.</typeparam>
public sealed class BranchBuilder<TOut>
{
    private readonly List<EdgeSpec> _edges;

    internal BranchBuilder(List<EdgeSpec> edges) => _edges = edges;

    /// <summary>Outputs for which a condition holds.</summary>
    /// <param name="condition">Pure: it may be asked more than once for one output.</param>
    /// <param name="to">The successor.</param>
    /// <param name="label">What the condition asks, for pictures.</param>
    public BranchBuilder<TOut> When(Func<TOut, bool> condition, IAccepts<TOut> to, string? label = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Add<TOut>(condition, to, label ?? "when");
    }

    /// <summary>Outputs of one case of a closed type.</summary>
    /// <typeparam name="TCase">The case.</typeparam>
    /// <param name="to">The successor, which gets the output as the case.</param>
    /// <param name="condition">A further guard; pure.</param>
    public BranchBuilder<TOut> When<TCase>(IAccepts<TCase> to, Func<TCase, bool>? condition = null)
        where TCase : TOut =>
        Add(condition, to, label: null);

    /// <summary>Outputs for which a condition holds end the branch of the run: they are the run's output.</summary>
    /// <param name="condition">Pure.</param>
    /// <param name="label">What the condition asks, for pictures.</param>
    public BranchBuilder<TOut> EndWhen(Func<TOut, bool> condition, string? label = null)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return Add<TOut>(condition, to: null, label ?? "when");
    }

    /// <summary>Outputs of one case end the branch of the run: they are the run's output.</summary>
    /// <typeparam name="TCase">The case.</typeparam>
    public BranchBuilder<TOut> EndWhen<TCase>()
        where TCase : TOut =>
        Add<TCase>(condition: null, to: null, label: null);

    /// <summary>All other outputs.</summary>
    /// <param name="to">The successor.</param>
    public BranchBuilder<TOut> Otherwise(IAccepts<TOut> to) => Add(condition: null, to, "otherwise");

    /// <summary>All other outputs end the branch of the run: they are the run's output.</summary>
    public BranchBuilder<TOut> OtherwiseEnd() => Add<TOut>(condition: null, to: null, "otherwise");

    private BranchBuilder<TOut> Add<TCase>(Func<TCase, bool>? condition, IAccepts<TCase>? to, string? label)
    {
        _edges.Add(new EdgeSpec(EdgeKind.Branch, typeof(TCase), to, to?.Name, new CaseArm<TOut, TCase>(condition, label)));
        return this;
    }
}
