using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Silo.Gateway.Control;
using OrleansFlow.Tasks;
using OrleansFlow.Workflows;
using OrleansFlow.Workflows.Runs;
using Wire = OrleansFlow.Protocol.Workflows.V1;

namespace OrleansFlow.Silo.Gateway.Workflows;

/// <summary>Calls that read workflow runs.</summary>
internal sealed class WorkflowReads(IGrainFactory grains)
{
    private const int DefaultPageSize = 50;
    private const int PageSizeMax = 1_000;

    public static FlowException Unknown(RunId run) =>
        new(FlowErrorCode.NotFound, $"There is no workflow run '{run}'. 'flow workflow list' lists those that exist.");

    public async Task<Wire.Definition> GetDefinitionAsync(Wire.GetDefinitionRequest request, CancellationToken cancellationToken)
    {
        var (name, version) = WorkflowMapping.ToWorkflow(request.Workflow, request.Version);
        var definition = await grains.GetGrain<IWorkflowDefinitionGrain>(WorkflowDefinitionKeys.Of(name, version)).GetAsync(cancellationToken);
        return definition.IsDefault
            ? throw new FlowException(FlowErrorCode.UnknownDefinition, $"Version {version} of workflow '{name}' is not kept. A worker that serves it, or a client that starts it, registers it.")
            : new Wire.Definition { DefinitionJson = definition.ToText() };
    }

    public async Task<Wire.ListDefinitionsResponse> ListDefinitionsAsync(CancellationToken cancellationToken)
    {
        var known = await grains.GetGrain<IWorkflowCatalogGrain>(IWorkflowCatalogGrain.Key).ListAsync(cancellationToken);
        return new Wire.ListDefinitionsResponse
        {
            Workflows = { known.OrderBy(one => one.Workflow, StringComparer.Ordinal).Select(one => new Wire.DefinitionVersions { Workflow = one.Workflow, Versions = { one.Versions } }) },
        };
    }

    public async Task<Wire.RunState> GetStateAsync(Wire.GetRunStateRequest request, CancellationToken cancellationToken) =>
        new() { StateJson = (await Grain(request.RunId).GetStateAsync(cancellationToken)).ToText() };

    public async Task<Wire.Run> GetAsync(Wire.GetRunRequest request, CancellationToken cancellationToken)
    {
        var run = ControlMapping.ToRunId(request.RunId);
        return (await Grain(run).GetAsync(cancellationToken))?.ToWire() ?? throw Unknown(run);
    }

    public async Task<Wire.ListRunsResponse> ListAsync(Wire.ListRunsRequest request, CancellationToken cancellationToken)
    {
        var pageSize = PageSize(request.PageSize, DefaultPageSize);
        if (request.Statuses.FirstOrDefault(status => !Enum.IsDefined((WorkflowRunStatus)status)) is var unknown and not 0)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Status {(int)unknown} is none that this gateway knows.");
        }

        var filter = new WorkflowFilter
        {
            Workflow = request.Workflow.Length == 0 ? null : request.Workflow,
            Statuses = [.. request.Statuses.Select(status => (WorkflowRunStatus)status)],
            StartedFromUtc = request.StartedFrom?.ToDateTimeOffset(),
            StartedBeforeUtc = request.StartedBefore?.ToDateTimeOffset(),
            Attributes = WorkflowMapping.ToAttributes(request.Attributes),
            RunPrefix = request.RunPrefix.Length == 0 ? null : request.RunPrefix,
            Parent = request.ParentRunId.Length == 0 ? default : ControlMapping.ToRunId(request.ParentRunId),
            OldestFirst = request.OldestFirst,
        };
        var after = ReadPlace(request.PageToken);
        var shards = await Task.WhenAll(WorkflowShards.Keys.Select(shard =>
            grains.GetGrain<IWorkflowIndexGrain>(shard).ListAsync(filter, after, pageSize + 1, cancellationToken)));
        var sign = request.OldestFirst ? 1 : -1;
        var lines = shards.SelectMany(shard => shard)
            .Order(Comparer<WorkflowLine>.Create((left, right) => sign * Compare(left, right)))
            .Take(pageSize + 1).ToList();
        var response = new Wire.ListRunsResponse();
        if (lines.Count > pageSize)
        {
            lines.RemoveAt(pageSize);
            response.NextPageToken = MakePlace(lines[^1]);
        }

        response.Runs.Add(lines.Select(line => line.ToWire()));
        return response;
    }

    public async Task<Wire.Context> GetContextAsync(Wire.GetContextRequest request, CancellationToken cancellationToken)
    {
        var context = await Grain(request.RunId).GetContextAsync(cancellationToken);
        return new Wire.Context
        {
            SnapshotJson = context.Snapshot.ToText(),
            SnapshotVersion = context.SnapshotVersion,
            DeltaJson = { context.Deltas.Select(delta => delta.ToText()) },
        };
    }

    public async Task<Wire.ListItemsResponse> ListItemsAsync(Wire.ListItemsRequest request, CancellationToken cancellationToken)
    {
        var pageSize = PageSize(request.PageSize, PageSizeMax);
        var items = await Grain(request.RunId).GetItemsAsync(ReadNumber(request.PageToken, 0), pageSize, cancellationToken);
        return new Wire.ListItemsResponse
        {
            Items = { items.Select(item => item.ToWire()) },
            NextPageToken = items.Count == pageSize ? items[^1].Item.ToString(CultureInfo.InvariantCulture) : "",
        };
    }

    public async Task<Wire.ListErrorsResponse> ListErrorsAsync(Wire.ListErrorsRequest request, CancellationToken cancellationToken) => new()
    {
        Errors = { (await Grain(request.RunId).GetErrorsAsync(cancellationToken)).Select(error => error.ToWire()) },
    };

    public async Task<Wire.ListHistoryResponse> ListHistoryAsync(Wire.ListHistoryRequest request, CancellationToken cancellationToken)
    {
        var page = await Grain(request.RunId).GetHistoryAsync(ReadNumber(request.PageToken, -1), PageSize(request.PageSize, PageSizeMax), cancellationToken);
        return new Wire.ListHistoryResponse
        {
            First = page.First,
            FromJson = page.From.ToText(),
            CommitJson = { page.Commits.Select(commit => commit.ToText()) },
            NextPageToken = page.HasMore ? (page.First + page.Commits.Count - 1).ToString(CultureInfo.InvariantCulture) : "",
        };
    }

    public async Task<Wire.WhyRunResponse> WhyAsync(Wire.WhyRunRequest request, CancellationToken cancellationToken) => new()
    {
        Reasons = { (await Grain(request.RunId).WhyAsync(cancellationToken)).Select(reason => reason.ToWire()) },
    };

    private static int Compare(WorkflowLine left, WorkflowLine right) =>
        left.StartedUtc != right.StartedUtc ? left.StartedUtc.CompareTo(right.StartedUtc) : string.CompareOrdinal(left.Run.Value, right.Run.Value);

    private static int PageSize(int asked, int fallback) => asked switch
    {
        0 => fallback,
        > 0 and <= PageSizeMax => asked,
        _ => throw new FlowException(FlowErrorCode.BadInput, $"page_size {asked} is outside 1 to {PageSizeMax} (0: {fallback})."),
    };

    private static long ReadNumber(string token, long first) => token.Length == 0
        ? first
        : long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw BadToken();

    private static string MakePlace(WorkflowLine line) => Base64Url.EncodeToString(
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{line.StartedUtc.UtcTicks}/{line.Run}")));

    private static WorkflowPlace? ReadPlace(string token)
    {
        if (token.Length == 0)
        {
            return null;
        }

        return Base64Url.IsValid(token)
            && Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token)).Split('/') is [var ticksText, var id]
            && long.TryParse(ticksText, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && ticks <= DateTimeOffset.MaxValue.UtcTicks
            && IdText.IsValid(id)
                ? new WorkflowPlace(new DateTimeOffset(ticks, TimeSpan.Zero), new RunId(id))
                : throw BadToken();
    }

    private static FlowException BadToken() => new(FlowErrorCode.BadInput, "page_token is none that a listing gave out. Begin again without one.");

    private IWorkflowRunGrain Grain(string run) => Grain(ControlMapping.ToRunId(run));

    private IWorkflowRunGrain Grain(RunId run) => grains.GetGrain<IWorkflowRunGrain>(run.Value);
}
