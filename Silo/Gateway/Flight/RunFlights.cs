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

namespace OrleansFlow.Silo.Gateway.Flight;

/// <summary>The outputs of completed nodes as flights. Which batches count is said by the run's grain; the bytes come from the artifact store.</summary>
internal sealed partial class RunFlights(
    IGrainFactory grains, IArtifactStore artifacts, FlightTickets tickets, RunListing listing, IOptions<FlightGatewayOptions> options, ILogger<RunFlights> logger)
{
    private readonly int _listedRunsMax = options.Value.ListedRunsMax;

    /// <summary>What there is to know about a node's output.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: no such run or node, or its output is not complete; <c>artifact_lost</c>.</exception>
    public async Task<FlightInfo> GetInfoAsync(FlightPath path, CancellationToken cancellationToken)
    {
        var batches = await ReadCompleteAsync(path, cancellationToken);
        return new FlightInfo
        {
            Schema = batches.Count == 0 ? null : ReadSchema(batches[0]),
            Descriptor = path.Descriptor,
            Endpoints = batches.Count == 0 ? [] : [tickets.Endpoint(path)],
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
        if (batches.Count == 0)
        {
            throw new FlowException(FlowErrorCode.NotFound, $"Node '{path.Name}' of run '{path.Run}' completed without any batch, so there is nothing to fetch.");
        }

        var schema = ReadSchema(batches[0]);
        return new FlightStream(schema, ReadAsync(schema, batches));
    }

    /// <summary>The complete outputs of the newest runs, or of one run.</summary>
    public async IAsyncEnumerable<FlightInfo> ListAsync(RunId only, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var runs = only.IsDefault
            ? (await listing.PageAsync(_listedRunsMax, "", [], cancellationToken)).Runs.Select(run => run.RunId)
            : [only];
        foreach (var run in runs)
        {
            var view = await grains.GetGrain<IGraphRunGrain>(run.Value).GetAsync(cancellationToken);
            foreach (var node in view?.Nodes ?? [])
            {
                if (node is { Status: RunStatus.Completed, Batches: > 0 } && await TryGetInfoAsync(FlightPath.OfNode(run, node.NodeId), cancellationToken) is { } info)
                {
                    yield return info;
                }
            }
        }
    }

    private async Task<FlightInfo?> TryGetInfoAsync(FlightPath path, CancellationToken cancellationToken)
    {
        try
        {
            return await GetInfoAsync(path, cancellationToken);
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
        var status = view?.Nodes.FirstOrDefault(node => node.NodeId == path.Name)?.Status;
        throw new FlowException(
            FlowErrorCode.NotFound,
            $"Node '{path.Name}' of run '{path.Run}' has no complete output: it is {status?.ToString().ToLowerInvariant() ?? "unknown"}, the run {view?.Status.ToString().ToLowerInvariant() ?? "unknown"}. "
            + "Only completed nodes can be fetched; 'flow run show' tells when it is.");
    }

    private ArrowSchema ReadSchema(ArtifactRef first)
    {
        using var reader = artifacts.OpenRead(first.Path);
        return reader.Schema;
    }

    private async IAsyncEnumerable<RecordBatch> ReadAsync(ArrowSchema schema, IReadOnlyList<ArtifactRef> batches)
    {
        // Leaves the caller's stack; opening files is what follows.
        await Task.Yield();
        foreach (var artifact in batches)
        {
            using var reader = artifacts.OpenRead(artifact.Path);
            if (!reader.Schema.Equals(schema))
            {
                throw new FlowException(
                    FlowErrorCode.BadInput,
                    $"Batch {artifact.Index} of task {artifact.TaskIndex} of node '{artifact.Node}' has another schema ({reader.Schema}) than the node's first batch ({schema}). A node's tasks must yield one schema.");
            }

            for (var index = 0; index < reader.BatchCount; index++)
            {
                yield return reader.ReadBatch(index);
            }
        }
    }

    [LoggerMessage(EventId = 5001, Level = LogLevel.Warning, Message = "Flight {RunId}/{NodeId} is left out of a listing")]
    private partial void LogLeftOut(Exception exception, string runId, string nodeId);
}
