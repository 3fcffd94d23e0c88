using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Worker.Data;
using OrleansFlow.Workers;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>
/// Workers that serve data now. With the shared artifact store each of them has every batch, so endpoints are spread over them. What is known
/// is asked for again after a moment: a worker that has gone meanwhile costs a client one failed attempt.
/// </summary>
internal sealed class WorkerLocations(WorkerCalls workers, TimeProvider clock)
{
    private static readonly TimeSpan KnownFor = TimeSpan.FromSeconds(2);

    private volatile Known? _known;

    /// <summary>Flight locations that a caller can reach, in the order of the workers' ids.</summary>
    /// <param name="peer">The caller as the RPC context names it: one on another machine cannot reach a worker that listens on loopback.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IReadOnlyList<Uri>> FindAsync(string peer, CancellationToken cancellationToken)
    {
        var locations = (await FindAddressesAsync(cancellationToken)).Select(DataLocations.FlightOf).OfType<Uri>();
        return IsHere(peer) ? [.. locations] : [.. locations.Where(location => !location.IsLoopback)];
    }

    /// <summary>Data addresses as the workers registered them, in the order of their ids.</summary>
    public async Task<IReadOnlyList<string>> FindAddressesAsync(CancellationToken cancellationToken)
    {
        var known = _known;
        if (known is null || clock.GetElapsedTime(known.AskedAt) >= KnownFor)
        {
            // Callers at the same moment may ask side by side; the answers are the same.
            known = new Known(clock.GetTimestamp(), await AskAsync(cancellationToken));
            _known = known;
        }

        return known.DataAddresses;
    }

    private async Task<IReadOnlyList<string>> AskAsync(CancellationToken cancellationToken)
    {
        var views = await workers.ReadAllAsync(cancellationToken);
        return
        [
            .. views.Where(view => view.Liveness is WorkerLiveness.Online or WorkerLiveness.Draining && view.Registration.DataAddress.Length > 0)
                .OrderBy(view => view.WorkerId.Value, StringComparer.Ordinal)
                .Select(view => view.Registration.DataAddress),
        ];
    }

    private static bool IsHere(string peer) =>
        peer.StartsWith("unix:", StringComparison.Ordinal) || peer.StartsWith("ipv4:127.", StringComparison.Ordinal) || peer.StartsWith("ipv6:[::1]", StringComparison.Ordinal)
        || peer.StartsWith("ipv6:[::ffff:127.", StringComparison.Ordinal);

    private sealed record Known(long AskedAt, IReadOnlyList<string> DataAddresses);
}
