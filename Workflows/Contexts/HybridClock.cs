using OrleansFlow.Errors;

namespace OrleansFlow.Workflows.Contexts;

/// <summary>One writer's hybrid logical clock. Safe to use from several threads.</summary>
/// <remarks>
/// <para>
/// A stamp is later than every stamp the clock gave and every time it was shown, also when the machine's clock goes backwards. Each step shows the
/// clock what it overwrites (<see cref="LastWriter{T}"/> and <see cref="EventLog{TEvent}"/> do so themselves): what is written later is ordered later,
/// even if the writer's machine is behind.
/// </para>
/// <para>
/// Following a time that runs ahead is never refused here, because a stamp before it would lose the write. The bound is kept where changes
/// are taken in: <see cref="Observe"/> refuses what is more than <see cref="MaxDrift"/> ahead.
/// </para>
/// </remarks>
public sealed class HybridClock
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private HybridTime _last;
    private long _sequence;

    /// <summary>A clock that has given no stamp yet.</summary>
    /// <param name="writer">Whose stamps these are; used by nobody else at the same time.</param>
    /// <param name="time">The wall clock.</param>
    /// <param name="maxDrift">See <see cref="MaxDrift"/>; <see langword="null"/> for <see cref="DefaultMaxDrift"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="writer"/> was never set.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxDrift"/> is negative.</exception>
    public HybridClock(WriterId writer, TimeProvider time, TimeSpan? maxDrift = null)
    {
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDrift ?? DefaultMaxDrift, TimeSpan.Zero, nameof(maxDrift));
        if (writer.IsDefault)
        {
            throw new ArgumentException("The clock's writer has no name.", nameof(writer));
        }

        Writer = writer;
        MaxDrift = maxDrift ?? DefaultMaxDrift;
        _time = time;
    }

    /// <summary>One minute: machines that are kept by NTP differ by milliseconds.</summary>
    public static TimeSpan DefaultMaxDrift { get; } = TimeSpan.FromMinutes(1);

    /// <summary>Whose stamps these are.</summary>
    public WriterId Writer { get; }

    /// <summary>By how much a time that is taken in may be ahead of this machine's clock.</summary>
    /// <value>Default <see cref="DefaultMaxDrift"/>.</value>
    public TimeSpan MaxDrift { get; }

    /// <summary>The latest time given or taken in.</summary>
    public HybridTime Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>A clock for another writer on the same machine, which has seen what this one has.</summary>
    /// <param name="writer">Whose stamps the new clock gives.</param>
    public HybridClock For(WriterId writer) => new(writer, _time, MaxDrift) { _last = Last };

    /// <summary>The next stamp: later than all before and later than <paramref name="seen"/>.</summary>
    /// <param name="seen">What the writer has read and is about to add to or overwrite.</param>
    public WriterStamp Next(HybridTime seen = default)
    {
        lock (_gate)
        {
            _last = HybridTime.Max(_last, seen).Next(NowMilliseconds());
            return new WriterStamp(_last, Writer, ++_sequence);
        }
    }

    /// <summary>Takes in a time that came with someone else's changes.</summary>
    /// <param name="remote">The latest time among them.</param>
    /// <exception cref="FlowException">
    /// <see cref="FlowErrorCode.BadInput"/>: it is more than <see cref="MaxDrift"/> ahead of this machine. The clock stays as it is.
    /// </exception>
    public void Observe(HybridTime remote)
    {
        lock (_gate)
        {
            var ahead = TimeSpan.FromMilliseconds(remote.Milliseconds - NowMilliseconds());
            if (ahead > MaxDrift)
            {
                throw new FlowException(
                    FlowErrorCode.BadInput,
                    $"The time {remote} is {ahead} ahead of the clock of '{Writer}'; at most {MaxDrift} is accepted. Set the clock of the machine that wrote it.");
            }

            _last = HybridTime.Max(_last, remote);
        }
    }

    private long NowMilliseconds() => _time.GetUtcNow().ToUnixTimeMilliseconds();
}
