using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansFlow.Arrow;
using OrleansFlow.Artifacts;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Tasks;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>The outputs of completed nodes as flights. Which batches count is said by the run's grain; the bytes come from the artifact store.</summary>
internal sealed partial class RunFlights(
    IGrainFactory grains,
    IArtifactStore artifacts,
    FlightTickets tickets,
    RunListing listing,
    WorkerLocations workers,
    WorkerProxy proxy,
    IOptions<FlightGatewayOptions> options,
    ILogger<RunFlights> logger)
{
    private readonly int _listedRunsMax = options.Value.ListedRunsMax;

    /// <summary>What there is to know about a node's output, with the workers that have it.</summary>
    /// <param name="path">The node.</param>
    /// <param name="peer">The caller, as the RPC context names it: what it cannot reach is not named.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="FlowException"><c>not_found</c>: no such run or node, or its output is not complete; <c>artifact_lost</c>.</exception>
    public async Task<FlightInfo> GetInfoAsync(FlightPath path, string peer, CancellationToken cancellationToken)
    {
        var batches = await ReadCompleteAsync(path, cancellationToken);
        var endpoints = await EndpointsAsync(path, batches, peer, cancellationToken);
        return new FlightInfo
        {
            Schema = batches.Count == 0 ? null : await ReadSchemaAsync(batches[0], endpoints[0].Ticket, cancellationToken),
            Descriptor = path.Descriptor,
            Endpoints = endpoints,
            TotalRecords = batches.Sum(batch => batch.Rows),
            TotalBytes = batches.Sum(batch => batch.Bytes),
            IsOrdered = true,
        };
    }

    /// <summary>A node's output, ordered by task and number.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: as for <see cref="GetInfoAsync"/>, or there is no batch; <c>artifact_lost</c>.</exception>
    public async Task<FlightStream> OpenAsync(FlightPath path, CancellationToken cancellationToken)
    {
        var batches = await ReadCompleteAsync(path, cancellationToken);
        return batches.Count > 0
            ? ArtifactFlights.Open(artifacts, [.. batches.Select(batch => batch.Path)])
            : throw new FlowException(FlowErrorCode.NotFound, $"Node '{path.Name}' of run '{path.Run}' completed without any batch, so there is nothing to fetch.");
    }

    /// <summary>A part of a node's output: from the artifact store, or through this gateway from a worker that has it.</summary>
    /// <param name="subject">What the ticket names, <c>RUN/NODE/SPANS</c>.</param>
    /// <param name="ticket">The ticket itself.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: the subject names no part; <c>artifact_lost</c>.</exception>
    public async Task<FlightStream> OpenPartAsync(string subject, FlightTicket ticket, CancellationToken cancellationToken)
    {
        try
        {
            return ArtifactFlights.OpenSubject(artifacts, subject);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.ArtifactLost)
        {
            return await proxy.OpenAsync(ticket, exception, cancellationToken);
        }
    }

    /// <summary>The complete outputs of the newest runs, or of one run.</summary>
    public async IAsyncEnumerable<FlightInfo> ListAsync(RunId only, string peer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var runs = only.IsDefault
            ? (await listing.PageAsync(_listedRunsMax, "", [], cancellationToken)).Runs.Select(run => run.RunId)
            : [only];
        foreach (var run in runs)
        {
            await foreach (var node in CompletedAsync(grains.GetGrain<IGraphRunGrain>(run.Value), cancellationToken))
            {
                if (node.Batches > 0 && await TryGetInfoAsync(FlightPath.OfNode(run, node.NodeId), peer, cancellationToken) is { } info)
                {
                    yield return info;
                }
            }
        }
    }

    private static async IAsyncEnumerable<NodeView> CompletedAsync(IGraphRunGrain run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var view = await run.GetAsync(cancellationToken);
        for (int? begin = view is null ? null : 0; begin is { } next;)
        {
            var page = await run.GetNodesAsync(next, RunView.ShownNodesMax, [RunStatus.Completed], cancellationToken);
            foreach (var node in page.Nodes)
            {
                yield return node;
            }

            begin = page.Next;
        }
    }

    private async Task<FlightInfo?> TryGetInfoAsync(FlightPath path, string peer, CancellationToken cancellationToken)
    {
        try
        {
            return await GetInfoAsync(path, peer, cancellationToken);
        }
        catch (FlowException exception)
        {
            // One lost file must not hide every other flight.
            LogLeftOut(exception, path.Run.Value, path.Name);
            return null;
        }
    }

    /// <summary>The batches of a completed node in order.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: as for <see cref="GetInfoAsync"/>.</exception>
    public async Task<IReadOnlyList<ArtifactRef>> ReadCompleteAsync(FlightPath path, CancellationToken cancellationToken)
    {
        var run = grains.GetGrain<IGraphRunGrain>(path.Run.Value);
        var output = await run.GetArtifactsAsync(path.Name, 0, ArtifactPage.BatchesMax, cancellationToken);
        if (output is { Complete: true, Next: null })
        {
            return output.Batches;
        }

        if (output.Complete)
        {
            var batches = output.Batches.ToList();
            while (output.Next is { } next)
            {
                // What is complete does not change between two pages.
                output = await run.GetArtifactsAsync(path.Name, next, ArtifactPage.BatchesMax, cancellationToken);
                batches.AddRange(output.Batches);
            }

            return batches;
        }

        var view = await run.GetAsync(cancellationToken);
        var status = view is null ? null : (await run.GetNodeAsync(path.Name, cancellationToken))?.Status;
        throw new FlowException(
            FlowErrorCode.NotFound,
            $"Node '{path.Name}' of run '{path.Run}' has no complete output: it is {status?.ToString().ToLowerInvariant() ?? "unknown"}, the run {view?.Status.ToString().ToLowerInvariant() ?? "unknown"}. "
            + "Only completed nodes can be fetched; 'flow run show' tells when it is.");
    }

    private async Task<IReadOnlyList<FlightEndpoint>> EndpointsAsync(FlightPath path, IReadOnlyList<ArtifactRef> batches, string peer, CancellationToken cancellationToken)
    {
        if (batches.Count == 0)
        {
            return [];
        }

        if (RunEndpoints.Cut(batches) is not { } parts)
        {
            return [tickets.Endpoint(path)];
        }

        var locations = await workers.FindAsync(peer, cancellationToken);
        return [.. parts.Select((part, index) => tickets.Endpoint(path, part, locations.Count == 0 ? null : locations[index % locations.Count]))];
    }

    private async Task<ArrowSchema> ReadSchemaAsync(ArtifactRef first, FlightTicket ticket, CancellationToken cancellationToken)
    {
        try
        {
            using var reader = artifacts.OpenRead(first.Path);
            return reader.Schema;
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.ArtifactLost)
        {
            await using var stream = await proxy.OpenAsync(ticket, exception, cancellationToken);
            return stream.Schema;
        }
    }

    [LoggerMessage(EventId = 5001, Level = LogLevel.Warning, Message = "Flight {RunId}/{NodeId} is left out of a listing")]
    private partial void LogLeftOut(Exception exception, string runId, string nodeId);
}
