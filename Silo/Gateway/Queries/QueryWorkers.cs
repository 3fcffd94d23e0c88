using System.Globalization;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Worker.Data;
using OrleansFlow.Workers;

namespace OrleansFlow.Silo.Gateway.Queries;

/// <summary>
/// The workers of the catalog that serve data and say of themselves that they run queries. What is known is asked for again after a moment, that there are none at once; what a
/// worker says of itself, only while it is not known.
/// </summary>
internal sealed class QueryWorkers(WorkerCalls workers, QueryCalls calls, TimeProvider clock) : IQueryWorkers
{
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan TokenLifetime = TimeSpan.FromMinutes(1);

    // Only its being a token of this cluster matters.
    private const string AnyQuery = "workers";

    private volatile Known? _known;

    public async Task<IReadOnlyList<QueryPeer>> ListAsync(CancellationToken cancellationToken)
    {
        var known = _known;
        if (known is not { Peers.Count: > 0 } || clock.GetElapsedTime(known.AskedAt) >= KnownFor)
        {
            // Callers at the same moment may ask side by side; the answers are the same.
            known = await AskAsync(known, cancellationToken);
            _known = known;
        }

        return known.Peers;
    }

    private async Task<Known> AskAsync(Known? before, CancellationToken cancellationToken)
    {
        var askedAt = clock.GetTimestamp();
        var token = calls.TokenFor(AnyQuery, TokenLifetime);
        var candidates = (await workers.ReadAllAsync(cancellationToken))
            .Where(view => view.Liveness == WorkerLiveness.Online)
            .Select(view => (view.WorkerId, Location: DataLocations.FlightOf(view.Registration.DataAddress)))
            .Where(view => view.Location is not null)
            .OrderBy(view => view.WorkerId.Value, StringComparer.Ordinal);
        var asked = await Task.WhenAll(candidates.Select(async view =>
        {
            var location = view.Location!.GetLeftPart(UriPartial.Authority);
            var id = string.Create(CultureInfo.InvariantCulture, $"{view.WorkerId} at {location}");
            return before?.Answers.GetValueOrDefault(id) is { } answer
                ? answer
                : new Answer(id, location, await calls.FindInfoAsync(location, token, cancellationToken) is { } info ? new QueryPeer(id, location, Math.Max(1, info.Cores), info.RunningTasks) { TakesPlaces = info.TakesPlaces } : null);
        }));
        return new Known(askedAt, asked.ToDictionary(answer => answer.Id, StringComparer.Ordinal), [.. asked.Select(answer => answer.Peer).OfType<QueryPeer>()]);
    }

    private sealed record Answer(string Id, string Location, QueryPeer? Peer);

    private sealed record Known(long AskedAt, IReadOnlyDictionary<string, Answer> Answers, IReadOnlyList<QueryPeer> Peers);
}
