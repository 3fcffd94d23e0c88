using OrleansFlow.Streaming.Dataflow;

namespace OrleansFlow.Streaming.Functions.Typed;

/// <summary>Calls in the order of their rows, with the watermarks between them, which none of them crosses. One caller at a time.</summary>
/// <param name="isOrdered">Whether rows leave in the order in which they came; else those of a stretch between two watermarks leave as they are ready.</param>
internal sealed class PendingCalls<TIn, TOut>(bool isOrdered)
{
    private readonly LinkedList<Stretch> _stretches = new([new Stretch()]);

    /// <summary>Calls that are in it.</summary>
    public int Count { get; private set; }

    /// <summary>All of them, in order.</summary>
    public IEnumerable<PendingCall<TIn, TOut>> All => _stretches.SelectMany(stretch => stretch.Calls);

    /// <summary>Adds a call behind all others.</summary>
    public void Add(PendingCall<TIn, TOut> call)
    {
        _stretches.Last!.Value.Calls.AddLast(call);
        Count++;
    }

    /// <summary>Adds a watermark behind all calls.</summary>
    public void Add(Watermark watermark)
    {
        var last = _stretches.Last!.Value;
        if (last.Calls.Count == 0 && last.End is null && _stretches.Count > 1)
        {
            // Nothing came since the one before, which is then out of date.
            _stretches.Last.Previous!.Value.End = watermark;
            return;
        }

        last.End = watermark;
        _stretches.AddLast(new Stretch());
    }

    /// <summary>Takes out the next call that has ended and may leave; null when there is none.</summary>
    public PendingCall<TIn, TOut>? TryTake()
    {
        var calls = _stretches.First!.Value.Calls;
        for (var node = calls.First; node is not null; node = isOrdered ? null : node.Next)
        {
            if (node.Value.IsDone)
            {
                calls.Remove(node);
                Count--;
                return node.Value;
            }
        }

        return null;
    }

    /// <summary>Takes out the next watermark, when all calls before it have left; null when there is none.</summary>
    public Watermark? TryTakeWatermark()
    {
        if (_stretches.First!.Value is not { Calls.Count: 0, End: { } watermark })
        {
            return null;
        }

        _stretches.RemoveFirst();
        return watermark;
    }

    private sealed class Stretch
    {
        public LinkedList<PendingCall<TIn, TOut>> Calls { get; } = new();

        public Watermark? End { get; set; }
    }
}
