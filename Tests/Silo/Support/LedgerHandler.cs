using OrleansFlow.Arrow;
using OrleansFlow.Workers;

namespace OrleansFlow.Tests.Silo.Support;

/// <summary>
/// Copies the numbers of its input, <see cref="BatchesPerOutput"/> batches to an output, and keeps nothing else: what one output holds is confirmed
/// with it. So the node's outputs are a list of all that its attempts were given and that counted.
/// </summary>
internal sealed class LedgerHandler(LedgerMishaps mishaps) : RoleHandler
{
    public const int BatchesPerOutput = 50;

    private readonly List<long> _numbers = [];
    private int _batchCount;

    public override bool ResumesAfterAccepted => true;

    public override ValueTask<BatchOutcome> ProcessBatchAsync(RunContext context, InputBatch batch, CancellationToken cancellationToken)
    {
        mishaps.Meet(context);
        foreach (var number in batch.Batch!.Column<Int64Array>("n").Values)
        {
            _numbers.Add(number);
        }

        return ValueTask.FromResult(++_batchCount % BatchesPerOutput == 0 ? new BatchOutcome(TakeNumbers()) : BatchOutcome.None);
    }

    public override ValueTask<FinalizeOutcome> FinalizeAsync(RunContext context, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new FinalizeOutcome(_numbers.Count > 0 ? [TakeNumbers()] : null));

    private RecordBatch TakeNumbers()
    {
        using var builder = new RecordBatchBuilder(NumbersHandler.Schema);
        foreach (var number in _numbers)
        {
            builder.AppendRow(number);
        }

        _numbers.Clear();
        return builder.Build();
    }
}

/// <summary>What happens to ledgers when an attempt is given its n-th batch, and how many each was given.</summary>
internal sealed class LedgerMishaps
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Node, int Attempt, int Batch), Action> _planned = [];
    private readonly Dictionary<(string Node, int Attempt), int> _given = [];

    /// <summary>Plans a mishap, before the run. Batches are counted from 1 in each attempt.</summary>
    public LedgerMishaps At(string node, int attempt, int batch, Action mishap)
    {
        _planned.Add((node, attempt, batch), mishap);
        return this;
    }

    /// <summary>Batches that an attempt was given.</summary>
    public int GivenTo(string node, int attempt)
    {
        lock (_gate)
        {
            return _given.GetValueOrDefault((node, attempt));
        }
    }

    public void Meet(RunContext context)
    {
        var key = (context.TaskId.Node, context.Attempt);
        int batch;
        lock (_gate)
        {
            batch = _given[key] = _given.GetValueOrDefault(key) + 1;
        }

        if (_planned.TryGetValue((key.Node, key.Attempt, batch), out var mishap))
        {
            mishap();
        }
    }
}
