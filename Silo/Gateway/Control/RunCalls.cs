using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Errors;
using OrleansFlow.Grains.Graphs;
using OrleansFlow.Graphs;
using OrleansFlow.Silo.Gateway.Flight;
using OrleansFlow.Silo.Hosting;
using OrleansFlow.Tasks;
using Wire = OrleansFlow.Protocol.V1;

namespace OrleansFlow.Silo.Gateway.Control;

/// <summary>Calls about runs.</summary>
internal sealed class RunCalls(IGrainFactory grains, IIdSource ids, RunListing listing, RoleChecks roles, GraphPlans plans)
{
    private const int ReasonCharsMax = 1_000;

    /// <summary>The range of a worker's own stop grace.</summary>
    private const long GraceMsMin = 100;
    private const long GraceMsMax = 3_600_000;
    private const int SignalBytesMax = 65_536;

    public async Task<Wire.SubmitGraphResponse> SubmitAsync(Wire.SubmitGraphRequest request, CancellationToken cancellationToken)
    {
        var run = RunOf(request);
        if (run.Value is FlightPaths.Uploads or FlightPaths.Streams or FlightPaths.Queries)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Run id '{run}' is taken: Flight paths that begin with it name {run}. Choose another.");
        }

        var parsed = plans.Parse(request.DocumentJson, request.Files);
        if (!parsed.ForeignAdapters.IsEmpty)
        {
            parsed = GraphParser.Parse(request.DocumentJson, request.Files, await roles.FindAdaptersAsync(parsed.ForeignAdapters, cancellationToken));
        }

        var problems = parsed.Problems.ToList();
        foreach (var (name, path) in parsed.Plan?.Files.AsEnumerable() ?? [])
        {
            if (!Path.IsPathFullyQualified(path))
            {
                problems.Add(new FlowProblem(
                    "graph_file_not_absolute", $"files.{name}", $"path '{path}' of file '{name}' is not absolute, so workers cannot find it. The client makes paths absolute; over gRPC send absolute ones."));
            }
        }

        if (!request.AllowUnknownRoles)
        {
            var unknown = await roles.FindUnknownAsync(AskedRole.By(parsed).Select(node => node.Role), cancellationToken);
            if (unknown.Count > 0)
            {
                problems.AddRange(AskedRole.By(parsed)
                    .Where(node => unknown.Contains(node.Role))
                    .Select(node => new FlowProblem(FlowErrorKind.Of(FlowErrorCode.UnknownRole).Wire, node.Path, RoleChecks.Message(node.Role))));
            }
        }

        if (problems.Count > 0)
        {
            throw new FlowException(FlowErrorCode.BadGraph, problems);
        }

        var created = await grains.GetGrain<IGraphRunGrain>(run.Value).SubmitAsync(
            new RunSubmission
            {
                DocumentJson = request.DocumentJson,
                Files = request.Files.Count == 0 ? null : new Dictionary<string, string>(request.Files),
                IdempotencyKey = request.IdempotencyKey.Length == 0 ? null : request.IdempotencyKey,
            },
            cancellationToken);
        return new Wire.SubmitGraphResponse { RunId = run.Value, Created = created };
    }

    public async Task<Wire.Run> GetAsync(Wire.GetRunRequest request, CancellationToken cancellationToken)
    {
        var run = ControlMapping.ToRunId(request.RunId);
        var view = await grains.GetGrain<IGraphRunGrain>(run.Value).GetAsync(cancellationToken);
        return view?.ToWire() ?? throw Unknown(run);
    }

    public async Task<Wire.ListNodesResponse> ListNodesAsync(Wire.ListNodesRequest request, CancellationToken cancellationToken)
    {
        var (begin, limit) = PageOf(request.PageSize, request.PageToken, RunView.ShownNodesMax);
        CheckStates(request.States);
        var page = await Run(request.RunId).GetNodesAsync(begin, limit, [.. request.States.Select(state => (RunStatus)state)], cancellationToken);
        var response = new Wire.ListNodesResponse { NextPageToken = page.Next?.ToString(CultureInfo.InvariantCulture) ?? "" };
        response.Nodes.Add(page.Nodes.Select(ControlMapping.ToWire));
        return response;
    }

    public async Task<Wire.ListTasksResponse> ListTasksAsync(Wire.ListTasksRequest request, CancellationToken cancellationToken)
    {
        var (begin, limit) = PageOf(request.PageSize, request.PageToken, RunView.ShownTasksMax);
        var page = await Run(request.RunId).GetTasksAsync(request.NodeId, begin, limit, cancellationToken);
        var response = new Wire.ListTasksResponse { NextPageToken = page.Next?.ToString(CultureInfo.InvariantCulture) ?? "" };
        response.Tasks.Add(page.Tasks.Select(ControlMapping.ToWire));
        return response;
    }

    public async Task<Wire.ListRunsResponse> ListAsync(Wire.ListRunsRequest request, CancellationToken cancellationToken)
    {
        if (request.PageSize is < 0 or > RunListing.PageSizeMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"page_size {request.PageSize} is outside 1 to {RunListing.PageSizeMax} (0: {RunListing.DefaultPageSize}).");
        }

        CheckStates(request.States);
        var (runs, next) = await listing.PageAsync(
            request.PageSize == 0 ? RunListing.DefaultPageSize : request.PageSize,
            request.PageToken,
            [.. request.States.Select(state => (RunStatus)state)],
            cancellationToken);
        var response = new Wire.ListRunsResponse { NextPageToken = next };
        response.Runs.Add(runs.Select(run => (run with { Nodes = [] }).ToWire()));
        return response;
    }

    public async IAsyncEnumerable<Wire.RunEvent> WatchAsync(Wire.WatchRunRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var run = ControlMapping.ToRunId(request.RunId);
        var grain = grains.GetGrain<IGraphRunGrain>(run.Value);
        if (request.OnlyEnd)
        {
            yield return await EndOfAsync(grain, cancellationToken);
            yield break;
        }

        var sequence = 0L;
        var mapper = new RunEventMapper();
        while (true)
        {
            var aborted = false;
            await using var changes = grain.WatchAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (true)
            {
                try
                {
                    if (!await changes.MoveNextAsync())
                    {
                        break;
                    }
                }
                catch (EnumerationAbortedException)
                {
                    // The grain moved; watching it again begins with a snapshot, so the caller misses nothing.
                    aborted = true;
                    break;
                }

                yield return mapper.ToWire(changes.Current, ++sequence);
            }

            if (!aborted)
            {
                yield break;
            }
        }
    }

    private static async Task<Wire.RunEvent> EndOfAsync(IGraphRunGrain grain, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var run = await grain.WatchEndAsync(cancellationToken).FirstAsync(cancellationToken);
                return new Wire.RunEvent { Sequence = 1, At = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(run.EndedUtc ?? run.SubmittedUtc), Snapshot = run.ToWire() };
            }
            catch (EnumerationAbortedException)
            {
                // The grain moved; where it is now the run ends as well.
            }
        }
    }

    public async Task<Wire.Run> CancelAsync(Wire.CancelRunRequest request, CancellationToken cancellationToken) =>
        (await grains.GetGrain<IGraphRunGrain>(ControlMapping.ToRunId(request.RunId).Value)
            .CancelWithGraceAsync(CheckReason(request.Reason), CheckGrace(request.GraceMs), cancellationToken)).ToWire();

    /// <summary>Cancels a run; final when it returns.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>already_ended</c>; <c>bad_input</c> for a reason that is too long.</exception>
    public Task<RunView> CancelAsync(RunId run, string reason, CancellationToken cancellationToken) =>
        grains.GetGrain<IGraphRunGrain>(run.Value).CancelAsync(CheckReason(reason), cancellationToken);

    public async Task<Wire.Run> PauseAsync(Wire.PauseRunRequest request, CancellationToken cancellationToken) =>
        (await Run(request.RunId).PauseAsync(CheckReason(request.Reason), cancellationToken)).ToWire();

    public async Task<Wire.Run> ResumeAsync(Wire.ResumeRunRequest request, CancellationToken cancellationToken) =>
        (await Run(request.RunId).ResumeAsync(cancellationToken)).ToWire();

    public async Task<Wire.Run> ReopenAsync(Wire.ReopenRunRequest request, CancellationToken cancellationToken) => (await Run(request.RunId).ReopenAsync(
        request.NodeId.Length == 0 ? null : request.NodeId, CheckReason(request.Reason), cancellationToken)).ToWire();

    public async Task<Wire.DeleteRunResponse> DeleteAsync(Wire.DeleteRunRequest request, CancellationToken cancellationToken) =>
        await Run(request.RunId).DeleteAsync(cancellationToken) ? new Wire.DeleteRunResponse() : throw Unknown(ControlMapping.ToRunId(request.RunId));

    public async Task<Wire.WhyRunResponse> WhyAsync(Wire.WhyRunRequest request, CancellationToken cancellationToken)
    {
        var reasons = await Run(request.RunId).WhyAsync(request.NodeId.Length == 0 ? null : request.NodeId, cancellationToken);
        return new Wire.WhyRunResponse { Reasons = { reasons.Select(ControlMapping.ToWire) } };
    }

    public async Task<Wire.Run> SignalAsync(Wire.SignalRunRequest request, CancellationToken cancellationToken)
    {
        if (request.Signal is not ("approve" or "reject"))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Signal '{request.Signal}' is unknown; a gate takes 'approve' or 'reject'.");
        }

        if (Encoding.UTF8.GetByteCount(request.PayloadJson) > SignalBytesMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"payload_json has more than {SignalBytesMax} bytes.");
        }

        if (request.PayloadJson.Length > 0 && !ControlMapping.IsJson(request.PayloadJson, out var fault))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"payload_json is no JSON: {fault}");
        }

        return (await Run(request.RunId).AnswerAsync(
            request.NodeId, request.Signal == "approve", request.PayloadJson.Length == 0 ? null : request.PayloadJson, cancellationToken)).ToWire();
    }

    private static (int Begin, int Limit) PageOf(int pageSize, string pageToken, int most)
    {
        if (pageSize < 0 || pageSize > most)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"page_size {pageSize} is outside 1 to {most} (0: {most}).");
        }

        var begin = 0;
        return pageToken.Length == 0 || int.TryParse(pageToken, NumberStyles.None, CultureInfo.InvariantCulture, out begin)
            ? (begin, pageSize == 0 ? most : pageSize)
            : throw new FlowException(FlowErrorCode.BadInput, "page_token is none that a listing gave out. Begin again without one.");
    }

    private static void CheckStates(IEnumerable<Wire.RunState> states)
    {
        foreach (var state in states)
        {
            if (!Enum.IsDefined((RunStatus)state))
            {
                throw new FlowException(FlowErrorCode.BadInput, $"Run state {(int)state} is none that this gateway knows.");
            }
        }
    }

    private RunId RunOf(Wire.SubmitGraphRequest request) => (request.RunId, request.IdempotencyKey) switch
    {
        ("", "") => new RunId(ids.NewId()),
        ("", { Length: <= IdempotencyKeys.CharsMax } key) => IdempotencyKeys.RunOf(key),
        ("", { } key) => throw new FlowException(FlowErrorCode.BadInput, $"idempotency_key has {key.Length} characters; at most {IdempotencyKeys.CharsMax} are possible."),
        ({ } id, "") => ControlMapping.ToRunId(id),
        _ => throw new FlowException(FlowErrorCode.BadInput, "run_id and idempotency_key are both given; give one: a run id that is chosen by the caller is a key already."),
    };

    private IGraphRunGrain Run(string id) => grains.GetGrain<IGraphRunGrain>(ControlMapping.ToRunId(id).Value);

    internal static string CheckReason(string reason) => reason.Length switch
    {
        0 => "asked for without a reason",
        <= ReasonCharsMax => reason,
        _ => throw new FlowException(FlowErrorCode.BadInput, $"The reason has {reason.Length} characters; at most {ReasonCharsMax} are kept."),
    };

    /// <summary>The grace of a cancellation; null for that of each worker.</summary>
    internal static TimeSpan? CheckGrace(long graceMs) => graceMs switch
    {
        0 => null,
        >= GraceMsMin and <= GraceMsMax => TimeSpan.FromMilliseconds(graceMs),
        _ => throw new FlowException(FlowErrorCode.BadInput, $"The grace is {graceMs} ms; choose {GraceMsMin} ms to {GraceMsMax} ms (1 h), or 0 for that of each worker (stop_grace_sec)."),
    };

    private static FlowException Unknown(RunId run) =>
        new(FlowErrorCode.NotFound, $"There is no run '{run}'. 'flow runs' lists those that exist.");
}
