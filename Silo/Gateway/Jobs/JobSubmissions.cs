using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Options;
using OrleansFlow.Errors;
using OrleansFlow.Jobs;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Sql.Planning;
using OrleansFlow.Streaming.State;
using OrleansFlow.Tasks;
using Program = OrleansFlow.Protocol.Streaming.V1.Program;
using Wire = OrleansFlow.Protocol.Streaming.Jobs.V1;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>What a new streaming job is made of: its program, and the savepoint that it begins from.</summary>
internal sealed class JobSubmissions(IGrainFactory grains, CheckpointPlaces places, JobStores stores, IOptions<JobOptions> options) : IDisposable
{
    private const int SqlCharsMax = 1_000_000;

    /// <summary>Texts that are planned at a time; each holds an engine.</summary>
    private const int PlansMax = 4;

    private readonly SemaphoreSlim _planning = new(PlansMax);

    public void Dispose() => _planning.Dispose();

    /// <exception cref="FlowException"><c>bad_input</c>, <c>bad_option</c>, <c>limit_exceeded</c>: it cannot run. <c>not_found</c>: no such savepoint. <c>unsupported</c>: the savepoint does not fit.</exception>
    public async Task<StreamJobSubmission> MakeAsync(string jobId, Wire.SubmitJobRequest request, CancellationToken cancellationToken)
    {
        var program = request.WhatCase switch
        {
            Wire.SubmitJobRequest.WhatOneofCase.Program => request.Program,
            Wire.SubmitJobRequest.WhatOneofCase.Sql => await PlanAsync(request.Sql, request.IsPreview ? 1 : Math.Max(1, request.Parallelism), request.IsPreview, cancellationToken),
            _ => throw new FlowException(FlowErrorCode.BadInput, "A job needs a program or a text of SQL."),
        };
        if (request.IsPreview)
        {
            JobPreviews.ShowAll(program);
        }

        JobPreviews.Name(program, jobId);
        var url = UrlOf(request);
        if (options.Value.AllowsUserFunctions && program.Functions.Count > 0)
        {
            await JobFunctions.StoreAsync(program, jobId, url, stores.Open(url), cancellationToken);
        }

        return new StreamJobSubmission
        {
            Program = program.ToByteArray(),
            CheckpointUrl = url,
            CheckpointInterval = request.CheckpointInterval is { } interval ? ToTime(interval, "checkpoint_interval") : options.Value.CheckpointInterval,
            IsPreview = request.IsPreview,
            TimeToLive = request.TimeToLive is { } live ? ToTime(live, "time_to_live") : null,
            Savepoint = request.FromSavepoint is { } savepoint ? await CopyAsync(savepoint, jobId, url, program, request.DropUnknownState, cancellationToken) : null,
        };
    }

    /// <summary>Copies a savepoint to the new job, after a look whether the program can begin from it.</summary>
    private async Task<string> CopyAsync(Wire.SavepointRef savepoint, string jobId, string url, Program program, bool dropsUnknown, CancellationToken cancellationToken)
    {
        var from = StreamJobMapping.CheckId(savepoint.JobId);
        if (!IdText.IsValid(savepoint.Name))
        {
            throw new FlowException(FlowErrorCode.BadInput, "from_savepoint names no savepoint.");
        }

        if (from == jobId)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Job '{jobId}' cannot begin from a savepoint of its own; give the new job another id.");
        }

        var view = await grains.GetGrain<IStreamJobGrain>(from).GetAsync(cancellationToken)
            ?? throw new FlowException(FlowErrorCode.NotFound, $"There is no streaming job '{from}', so it has no savepoint '{savepoint.Name}'.");
        var source = new SavepointStore(stores.Of(view.CheckpointUrl, from));
        var manifest = await source.ReadAsync(savepoint.Name, cancellationToken);
        var chosen = StateCompatibility.Choose(program, manifest, dropsUnknown, needsCommit: false).ToList();
        manifest.Operators.Clear();
        manifest.Operators.Add(chosen);
        await source.CopyAsync(manifest, savepoint.Name, new SavepointStore(stores.Of(url, jobId)), cancellationToken);
        return savepoint.Name;
    }

    private async Task<Program> PlanAsync(string sql, uint parallelism, bool isPreview, CancellationToken cancellationToken)
    {
        if (sql.Length > SqlCharsMax)
        {
            throw new FlowException(FlowErrorCode.LimitExceeded, $"The text has {sql.Length} characters; {SqlCharsMax} are taken.");
        }

        await _planning.WaitAsync(cancellationToken);
        try
        {
            // Chained here: workers run a program as it comes, for what they say of subtasks has to fit the job's nodes.
            return ProgramChaining.Chain(await StreamPlanner.PlanAsync(sql, JobPreviews.Options(parallelism, isPreview), cancellationToken));
        }
        finally
        {
            _planning.Release();
        }
    }

    /// <exception cref="FlowException"><c>bad_input</c>: it is no place for checkpoints, or none of those that the silo lets jobs have.</exception>
    private string UrlOf(Wire.SubmitJobRequest request)
    {
        if (request.CheckpointUrl.Length == 0)
        {
            return places.Default;
        }

        // Also here, as files of functions and savepoints are written before the job's grain is asked.
        places.Require(request.CheckpointUrl);
        return request.CheckpointUrl;
    }

    private static TimeSpan ToTime(Duration duration, string name)
    {
        try
        {
            return duration.ToTimeSpan();
        }
        catch (Exception exception) when (exception is InvalidOperationException or OverflowException)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"{name} is no time that can be: {exception.Message}", exception);
        }
    }
}
