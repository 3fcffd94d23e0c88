using System.Globalization;
using OrleansFlow.Errors;
using OrleansFlow.Graphs;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Calls about what nodes have produced.</summary>
internal sealed class ArtifactCalls(IGrainFactory grains)
{
    /// <summary>Most artifacts of a page, and how many when the caller names no number.</summary>
    public const int PageSizeMax = ArtifactPage.BatchesMax;

    /// <summary>One page of a node's accepted batches.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: no such run or node; <c>bad_input</c>: page size or token.</exception>
    public async Task<Wire.ListArtifactsResponse> ListAsync(Wire.ListArtifactsRequest request, CancellationToken cancellationToken)
    {
        if (request.PageSize is < 0 or > PageSizeMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"page_size {request.PageSize} is outside 1 to {PageSizeMax} (0: {PageSizeMax}).");
        }

        var begin = 0;
        if (request.PageToken.Length > 0 && !int.TryParse(request.PageToken, NumberStyles.None, CultureInfo.InvariantCulture, out begin))
        {
            throw new FlowException(FlowErrorCode.BadInput, "page_token is none that a listing gave out. Begin again without one.");
        }

        var run = ControlMapping.ToRunId(request.RunId);
        var page = await grains.GetGrain<IGraphRunGrain>(run.Value).GetArtifactsAsync(
            request.NodeId, begin, request.PageSize == 0 ? PageSizeMax : request.PageSize, cancellationToken);
        var response = new Wire.ListArtifactsResponse
        {
            Complete = page.Complete,
            NextPageToken = page.Next?.ToString(CultureInfo.InvariantCulture) ?? "",
        };
        foreach (var artifact in page.Batches)
        {
            var wire = new Wire.Artifact
            {
                NodeId = artifact.Node,
                TaskIndex = artifact.TaskIndex,
                Index = artifact.Index,
                Rows = artifact.Rows,
                Bytes = artifact.Bytes,
                Path = artifact.Path,
                Epoch = artifact.Epoch,
            };
            foreach (var (name, value) in artifact.Metrics ?? new Dictionary<string, double>())
            {
                wire.Metrics[name] = value;
            }

            response.Artifacts.Add(wire);
        }

        return response;
    }
}
