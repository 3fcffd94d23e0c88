using System.Collections.Immutable;
using OrleansFlow.Tasks;

namespace OrleansFlow.Decisions.Workers;

/// <summary>One worker's session, slots and leases as a value. Free slots are what the control plane may still promise.</summary>
public sealed record WorkerModel
{
    // Before Offline, which uses it: static fields are set in the order of the text.
    private static readonly ImmutableSortedDictionary<TaskId, HeldLease> NoLeases =
        ImmutableSortedDictionary.Create<TaskId, HeldLease>(Comparer<TaskId>.Create((left, right) => string.CompareOrdinal(left.Value, right.Value)));

    /// <summary>A worker without a session.</summary>
    public static readonly WorkerModel Offline = new();

    /// <summary>The current session; null when there is none.</summary>
    public string? SessionId { get; private init; }

    /// <summary>Where the session stands.</summary>
    public SessionPhase Phase { get; private init; }

    /// <summary>Tasks it takes at once: those that it runs, and those that it prefetches.</summary>
    public int Slots { get; private init; }

    /// <summary>Slots promised to tasks whose leases are being granted.</summary>
    public int Reserved { get; private init; }

    /// <summary>When it was last heard of.</summary>
    public DateTimeOffset LastSeenUtc { get; private init; }

    /// <summary>When its stream was lost; null while it is not.</summary>
    public DateTimeOffset? LostUtc { get; private init; }

    /// <summary>Attempts that occupy a slot, by task.</summary>
    public ImmutableSortedDictionary<TaskId, HeldLease> Leases { get; private init; } = NoLeases;

    /// <summary>Slots that may be promised; 0 unless the session is connected and takes tasks.</summary>
    public int FreeSlots => Phase == SessionPhase.Connected ? Math.Max(0, Slots - Reserved - Leases.Count) : 0;

    /// <summary>Whether another session would be refused: this one is connected and was heard of within <paramref name="silenceMax"/>.</summary>
    public bool IsLiveAt(DateTimeOffset nowUtc, TimeSpan silenceMax) =>
        (Phase is SessionPhase.Connected or SessionPhase.Suspected or SessionPhase.Draining) && nowUtc - LastSeenUtc < silenceMax;

    /// <summary>Begins a session. Leases of the one before are not taken over: each is added again once its owner has confirmed it.</summary>
    public static WorkerModel Begin(string sessionId, int slots, DateTimeOffset nowUtc) => new()
    {
        SessionId = sessionId, Phase = SessionPhase.Connected, Slots = slots, LastSeenUtc = nowUtc,
    };

    /// <summary>A heartbeat or another message arrived. Ends a suspicion.</summary>
    public WorkerModel Seen(DateTimeOffset nowUtc) =>
        this with { LastSeenUtc = nowUtc, Phase = Phase == SessionPhase.Suspected ? SessionPhase.Connected : Phase };

    /// <summary>Nothing was heard of a worker that takes tasks for <paramref name="softSilence"/> or longer: it is suspected.</summary>
    public WorkerModel Suspect(DateTimeOffset nowUtc, TimeSpan softSilence) =>
        Phase == SessionPhase.Connected && nowUtc - LastSeenUtc >= softSilence ? this with { Phase = SessionPhase.Suspected } : this;

    /// <summary>Promises up to <paramref name="wanted"/> slots.</summary>
    public WorkerModel Reserve(int wanted, out int reserved)
    {
        reserved = Math.Min(wanted, FreeSlots);
        return this with { Reserved = Reserved + reserved };
    }

    /// <summary>Takes promises back; the leases they became are added beside.</summary>
    public WorkerModel Unreserve(int count) => this with { Reserved = Math.Max(0, Reserved - count) };

    /// <summary>An attempt occupies a slot from now on.</summary>
    /// <param name="token">Its lease.</param>
    /// <param name="grace">How long the lease stands after the stream was lost; null for the usual time.</param>
    public WorkerModel Add(LeaseToken token, TimeSpan? grace = null) => Add([(token, grace)]);

    /// <summary>Several attempts occupy slots from now on.</summary>
    /// <param name="leases">Each lease, and how long it stands after the stream was lost; null for the usual time.</param>
    public WorkerModel Add(IEnumerable<(LeaseToken Token, TimeSpan? Grace)> leases)
    {
        ArgumentNullException.ThrowIfNull(leases);
        var held = Leases.ToBuilder();
        foreach (var (token, grace) in leases)
        {
            held[token.TaskId] = new HeldLease(token.Epoch, IsStopping: false, grace);
        }

        return this with { Leases = held.ToImmutable() };
    }

    /// <summary>The lease has ended but its attempt still occupies the slot. Null when this worker does not hold it.</summary>
    public WorkerModel? TryStop(LeaseToken token) =>
        Leases.TryGetValue(token.TaskId, out var held) && held.Epoch == token.Epoch && !held.IsStopping
            ? this with { Leases = Leases.SetItem(token.TaskId, held with { IsStopping = true }) }
            : null;

    /// <summary>The attempt has ended and its slot is free.</summary>
    public WorkerModel Release(LeaseToken token) => Release([token]);

    /// <summary>Several attempts have ended and their slots are free.</summary>
    public WorkerModel Release(IEnumerable<LeaseToken> tokens)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        var leases = Leases.ToBuilder();
        foreach (var token in tokens)
        {
            if (leases.TryGetValue(token.TaskId, out var held) && held.Epoch == token.Epoch)
            {
                leases.Remove(token.TaskId);
            }
        }

        return leases.Count == Leases.Count ? this : this with { Leases = leases.ToImmutable() };
    }

    /// <summary>Several attempts have ended, and others occupy their slots.</summary>
    /// <param name="swaps">Each lease that has ended, the one in its place, and how long that stands after the stream was lost; null for the usual time.</param>
    public WorkerModel Swap(IEnumerable<(LeaseToken Ended, LeaseToken Next, TimeSpan? Grace)> swaps)
    {
        ArgumentNullException.ThrowIfNull(swaps);
        var leases = Leases.ToBuilder();
        foreach (var (ended, next, grace) in swaps)
        {
            if (leases.TryGetValue(ended.TaskId, out var held) && held.Epoch == ended.Epoch)
            {
                leases.Remove(ended.TaskId);
            }

            leases[next.TaskId] = new HeldLease(next.Epoch, IsStopping: false, grace);
        }

        return this with { Leases = leases.ToImmutable() };
    }

    /// <summary>Takes no more tasks.</summary>
    public WorkerModel Drain() => Phase is SessionPhase.Connected or SessionPhase.Suspected ? this with { Phase = SessionPhase.Draining } : this;

    /// <summary>The stream is lost; the grace runs.</summary>
    public WorkerModel Lose(DateTimeOffset nowUtc) => Phase is SessionPhase.Connected or SessionPhase.Suspected or SessionPhase.Draining
        ? this with { Phase = SessionPhase.Lost, LostUtc = nowUtc }
        : this;

    /// <summary>The leases whose grace is over; none while the stream stands.</summary>
    public IReadOnlyList<LeaseToken> OverdueAt(DateTimeOffset nowUtc, TimeSpan usualGrace) => LostUtc is not { } lost
        ? []
        : [.. Leases.Where(held => !held.Value.IsStopping && nowUtc - lost >= (held.Value.Grace ?? usualGrace)).Select(held => new LeaseToken(held.Key, held.Value.Epoch))];

    /// <summary>How long after the stream's loss the next lease's grace ends, or with no lease the usual one; null while the stream stands.</summary>
    public TimeSpan? NextGrace(TimeSpan usualGrace)
    {
        if (LostUtc is null)
        {
            return null;
        }

        var graces = Leases.Values.Where(held => !held.IsStopping).Select(held => held.Grace ?? usualGrace).ToList();
        return graces.Count == 0 ? usualGrace : graces.Min();
    }

    /// <summary>The session is over.</summary>
    public WorkerModel End() => Offline with { LastSeenUtc = LastSeenUtc };
}
