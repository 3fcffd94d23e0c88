using System.Collections.Immutable;

namespace OrleansFlow.Decisions.Queries;

/// <summary>Bounds of the queries of one tenant.</summary>
/// <param name="ConcurrentMax">Queries that run at the same time, from 1.</param>
/// <param name="QueuedMax">Queries that may wait, from 0.</param>
/// <param name="QueueWait">How long one waits at most.</param>
/// <param name="MemoryBytesMax">Memory that the running ones may claim together; one alone may always run.</param>
/// <param name="ForgetAfter">How long nothing has to be heard of a query until its place is free.</param>
public readonly record struct TenantRules(int ConcurrentMax, int QueuedMax, TimeSpan QueueWait, long MemoryBytesMax, TimeSpan ForgetAfter);

/// <summary>A query that runs or waits.</summary>
/// <param name="Query">Its id.</param>
/// <param name="MemoryBytes">What it claims.</param>
/// <param name="SinceUtc">When it came.</param>
/// <param name="HeardUtc">When it was heard of last.</param>
public readonly record struct TenantClaim(string Query, long MemoryBytes, DateTimeOffset SinceUtc, DateTimeOffset HeardUtc);

/// <summary>Whether a query may run.</summary>
/// <param name="IsAdmitted">It may.</param>
/// <param name="Position">Else its place among those that wait, from 1; 0: it is refused.</param>
/// <param name="Refused">Why it is refused; null unless it is.</param>
public readonly record struct TenantAnswer(bool IsAdmitted, int Position, string? Refused);

/// <summary>
/// Who of a tenant's queries may run: first come, first served, so that a large claim is not passed by small ones for ever. Immutable; in memory only.
/// </summary>
public sealed record TenantAdmissions
{
    /// <summary>Nobody runs or waits.</summary>
    public static readonly TenantAdmissions Empty = new();

    /// <summary>Queries that may run.</summary>
    public ImmutableArray<TenantClaim> Running { get; init; } = [];

    /// <summary>Queries that wait, the next one first.</summary>
    public ImmutableArray<TenantClaim> Waiting { get; init; } = [];

    /// <summary>A query comes, or asks again, or says that it is still there.</summary>
    /// <param name="query">Its id.</param>
    /// <param name="memoryBytes">What it claims; what it claimed first counts.</param>
    /// <param name="rules">Bounds.</param>
    /// <param name="nowUtc">The time.</param>
    public (TenantAdmissions Queue, TenantAnswer Answer) Ask(string query, long memoryBytes, TenantRules rules, DateTimeOffset nowUtc)
    {
        var queue = Heard(query, nowUtc).Forget(rules, nowUtc);
        if (!queue.Knows(query))
        {
            var claim = new TenantClaim(query, memoryBytes, nowUtc, nowUtc);
            if (!queue.CanStart(claim, rules) || queue.Waiting.Length > 0)
            {
                if (queue.Waiting.Length >= rules.QueuedMax)
                {
                    return (queue, new TenantAnswer(false, 0, $"{queue.Running.Length} queries run and {queue.Waiting.Length} wait, the most there may be. Try again later."));
                }

                queue = queue with { Waiting = queue.Waiting.Add(claim) };
            }
            else
            {
                queue = queue with { Running = queue.Running.Add(claim) };
            }
        }

        queue = queue.Advance(rules);
        var position = IndexOf(queue.Waiting, query) + 1;
        if (position == 0)
        {
            return (queue, new TenantAnswer(true, 0, null));
        }

        return nowUtc - queue.Waiting[position - 1].SinceUtc < rules.QueueWait
            ? (queue, new TenantAnswer(false, position, null))
            : (queue.Leave(query, rules), new TenantAnswer(false, 0, $"The query waited for {rules.QueueWait} and is still number {position} of those that wait. Try again later."));
    }

    /// <summary>A query has ended, or waits no more; one that is not known is fine.</summary>
    public TenantAdmissions Leave(string query, TenantRules rules) =>
        (this with { Running = Without(Running, query), Waiting = Without(Waiting, query) }).Advance(rules);

    /// <summary>Gives up the places of queries of which nothing was heard.</summary>
    public TenantAdmissions Forget(TenantRules rules, DateTimeOffset nowUtc) =>
        (this with { Running = Fresh(Running, rules, nowUtc), Waiting = Fresh(Waiting, rules, nowUtc) }).Advance(rules);

    private static ImmutableArray<TenantClaim> Fresh(ImmutableArray<TenantClaim> claims, TenantRules rules, DateTimeOffset nowUtc) =>
        claims.RemoveAll(claim => nowUtc - claim.HeardUtc >= rules.ForgetAfter);

    private static ImmutableArray<TenantClaim> Without(ImmutableArray<TenantClaim> claims, string query) => claims.RemoveAll(claim => claim.Query == query);

    private static int IndexOf(ImmutableArray<TenantClaim> claims, string query)
    {
        for (var index = 0; index < claims.Length; index++)
        {
            if (claims[index].Query == query)
            {
                return index;
            }
        }

        return -1;
    }

    private TenantAdmissions Heard(string query, DateTimeOffset nowUtc)
    {
        if (IndexOf(Running, query) is >= 0 and var running)
        {
            return this with { Running = Running.SetItem(running, Running[running] with { HeardUtc = nowUtc }) };
        }

        return IndexOf(Waiting, query) is >= 0 and var waiting ? this with { Waiting = Waiting.SetItem(waiting, Waiting[waiting] with { HeardUtc = nowUtc }) } : this;
    }

    private bool Knows(string query) => IndexOf(Running, query) >= 0 || IndexOf(Waiting, query) >= 0;

    private bool CanStart(TenantClaim claim, TenantRules rules) => Running.Length == 0
        || (Running.Length < rules.ConcurrentMax && Running.Sum(running => running.MemoryBytes) <= rules.MemoryBytesMax - claim.MemoryBytes);

    private TenantAdmissions Advance(TenantRules rules)
    {
        var queue = this;
        while (queue.Waiting.Length > 0 && queue.CanStart(queue.Waiting[0], rules))
        {
            queue = queue with { Running = queue.Running.Add(queue.Waiting[0]), Waiting = queue.Waiting.RemoveAt(0) };
        }

        return queue;
    }
}
