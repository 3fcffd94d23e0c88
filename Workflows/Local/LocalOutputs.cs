using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Local;

/// <summary>Collects a local run's outputs as its rule says.</summary>
internal sealed class LocalOutputs<TOut>(OutputRule rule) : ILocalInput<TOut>
{
    private readonly List<TOut> _all = [];
    private TOut? _one;

    public long Count { get; private set; }

    /// <summary>The run's output; with a list, its last one.</summary>
    public TOut Output => _one!;

    public IReadOnlyList<TOut> All => rule == OutputRule.List ? _all : Count == 0 ? [] : [_one!];

    public void Push(TOut value)
    {
        if (rule != OutputRule.First || Count == 0)
        {
            _one = value;
        }

        if (rule == OutputRule.List)
        {
            _all.Add(value);
        }

        Count++;
    }
}
