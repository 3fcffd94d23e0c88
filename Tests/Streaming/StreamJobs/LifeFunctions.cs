using OrleansFlow.Streaming.Functions;
using OrleansFlow.Streaming.Functions.Typed;

namespace OrleansFlow.Tests.Streaming.StreamJobs;

/// <summary>A row of some columns.</summary>
public sealed record Part(long? K, string? Name, int? N);

/// <summary>A row with one number more.</summary>
public sealed record Scored(long? K, string? Name, long Score);

/// <summary>Rows of a window.</summary>
public sealed record Spread(long? K, DateTime Start, DateTime End, long Count, int? Least, int? Most);

/// <summary>One record of one; some are left out.</summary>
internal sealed class ScoreFunction : ScalarFunction<Part, Scored>
{
    public override Scored? Map(Part row) => row.N is { } n && n % 5 != 0 ? new Scored(row.K, row.Name, (n * 10L) + (row.Name?.Length ?? 0)) : null;
}

/// <summary>Each letter of the name.</summary>
internal sealed class LettersFunction : TableFunction<Part, Scored>
{
    public override void Expand(Part row, ICollection<Scored> output)
    {
        for (var i = 0; i < (row.Name?.Length ?? 0); i++)
        {
            output.Add(new Scored(row.K, row.Name![i].ToString(), i));
        }
    }
}

/// <summary>Answers later, each row on some other turn; every seventh fails at its first try.</summary>
internal sealed class SlowFunction : AsyncFunction<Part, Scored>
{
    private readonly HashSet<Part> _failed = [];

    public override async Task<Scored?> InvokeAsync(Part row, CancellationToken cancellationToken)
    {
        for (var turn = Math.Abs(row.N ?? 0) % 4; turn > 0; turn--)
        {
            await Task.Yield();
        }

        lock (_failed)
        {
            if (row.N % 7 == 0 && _failed.Add(row))
            {
                throw new InvalidOperationException("not now");
            }
        }

        return new Scored(row.K, row.Name, (row.N ?? -1) * 2L);
    }
}

/// <summary>How far the numbers of a key and window lie apart.</summary>
internal sealed class SpreadFunction : AggregateFunction<long?, Part, SpreadFunction.Sum, Spread>
{
    public override Sum Create() => new(0, null, null);

    public override Sum Add(Sum accumulator, Part row) => Merge(accumulator, new Sum(1, row.N, row.N));

    public override Sum Merge(Sum first, Sum second) => new(
        first.Count + second.Count,
        first.Least is null || second.Least < first.Least ? second.Least : first.Least,
        first.Most is null || second.Most > first.Most ? second.Most : first.Most);

    public override Spread Result(long? key, WindowSpan window, Sum accumulator) => new(key, window.Start, window.End, accumulator.Count, accumulator.Least, accumulator.Most);

    internal sealed record Sum(long Count, int? Least, int? Most);
}

/// <summary>Counts the rows of a key and second, and says so when the second is over.</summary>
internal sealed class SecondsFunction : ProcessFunction<long?, LifeEvent, Spread>
{
    public override void ProcessRow(LifeEvent row, ProcessContext<long?, Spread> context)
    {
        var start = new DateTime(row.Ts.Ticks - (row.Ts.Ticks % TimeSpan.TicksPerSecond));
        var open = context.Map<DateTime, long>("open");
        open.TryGet(start, out var count);
        open.Set(start, count + 1);
        context.SetTimer(TimerKind.EventTime, start.AddSeconds(1));
    }

    public override void OnTimer(TimerKind kind, DateTime time, ProcessContext<long?, Spread> context)
    {
        var open = context.Map<DateTime, long>("open");
        open.TryGet(time.AddSeconds(-1), out var count);
        open.Remove(time.AddSeconds(-1));
        context.Emit(new Spread(context.Key, time.AddSeconds(-1), time, count, null, null));
    }
}
