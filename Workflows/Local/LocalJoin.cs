using OrleansFlow.Workflows.Definitions;

namespace OrleansFlow.Workflows.Local;

/// <summary>A join within one local run.</summary>
internal sealed class LocalJoin<TItem, TContext>(LocalRun<TContext> run, int index, CompiledNode compiled)
    : LocalNode<TContext>(run, index, compiled), ILocalInput<TItem>
{
    private readonly Queue<IReadOnlyList<TItem>> _released = new();
    private readonly JoinRule _rule = compiled.Join!;
    private List<TItem> _items = [];
    private ILocalInput<IReadOnlyList<TItem>>[] _targets = [];
    private LocalTimer? _timer;
    private bool _closed;

    public override int Waiting => _items.Count;

    public void Push(TItem value)
    {
        if (_closed)
        {
            return;
        }

        _items.Add(value);
        if (_items.Count >= _rule.Wanted)
        {
            Release();
        }
        else if (_items.Count == 1 && _rule.AtMost is { } limit)
        {
            _timer = Run.Waits.Delay(Index, Run.Options.Time.GetUtcNow() + limit, Release);
        }
    }

    public override void Release()
    {
        _timer?.Cancel();
        _timer = null;
        _closed = _rule.Kind != JoinKind.All;
        _released.Enqueue(_items);
        _items = [];
        Run.Enqueue(Index);
    }

    public override void Wire(LocalNode<TContext>[] nodes, IReadOnlyList<EdgeSpec> edges, object output) =>
        _targets = [.. Compiled.Edges.Select(edge => (ILocalInput<IReadOnlyList<TItem>>)Target(edge, nodes, output))];

    public override ValueTask StepAsync(CancellationToken cancellationToken)
    {
        Visit();
        var items = _released.Dequeue();
        foreach (var target in _targets)
        {
            target.Push(items);
        }

        return default;
    }
}
