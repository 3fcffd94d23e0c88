using System.Globalization;
using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using OrleansFlow.Client.Protocol;
using OrleansFlow.Errors;
using OrleansFlow.Protocol.Streaming.Jobs.V1;
using OrleansFlow.StreamJobs;
using Program = OrleansFlow.Protocol.Streaming.V1.Program;

namespace OrleansFlow.Client.Jobs;

/// <summary>Streaming jobs behind the gateway: <see cref="FlowClient.Jobs"/>. Thread-safe.</summary>
public sealed partial class FlowJobs
{
    private readonly FlowClient _client;
    private readonly TimeProvider _clock;

    internal FlowJobs(FlowClient client, TimeProvider clock) => (_client, _clock) = (client, clock);

    /// <summary>Makes a job of streaming SQL and starts it. Durable when it returns. Repeating it with the same id and the same text changes nothing.</summary>
    /// <param name="sql">Its statements.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>bad_input</c>, <c>bad_option</c>, <c>unsupported</c>: the text cannot run, or another job has the id.</exception>
    public Task<FlowStreamJob> SubmitSqlAsync(string sql, StreamJobOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sql);
        var request = Request(options);
        request.Sql = sql;
        return AskAsync(StreamJobMethods.Submit, request, cancellationToken);
    }

    /// <summary>Makes a job of what the typed builder made and starts it: as <see cref="SubmitSqlAsync"/> with its text. Repeating it with the same id and an equal job changes nothing.</summary>
    /// <param name="job">The job.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: the job has problems, all of which the message has; and those of <see cref="SubmitSqlAsync"/>.</exception>
    public Task<FlowStreamJob> SubmitAsync(StreamJob job, StreamJobOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(job);
        return SubmitSqlAsync(job.ToSql(), options, cancellationToken);
    }

    /// <summary>Makes a job of a program and starts it. Durable when it returns.</summary>
    /// <param name="program">A message <c>orleansflow.streaming.v1.Program</c>.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: the program cannot run, or another job has the id.</exception>
    public Task<FlowStreamJob> SubmitProgramAsync(ReadOnlyMemory<byte> program, StreamJobOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = Request(options);
        try
        {
            request.Program = Program.Parser.ParseFrom(program.Span);
        }
        catch (InvalidProtocolBufferException exception)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"The program is no message orleansflow.streaming.v1.Program: {exception.Message}", exception);
        }

        return AskAsync(StreamJobMethods.Submit, request, cancellationToken);
    }

    /// <summary>Where a job stands.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public Task<FlowStreamJob> GetAsync(string jobId, CancellationToken cancellationToken = default) => AskAsync(StreamJobMethods.Get, new GetJobRequest { JobId = jobId }, cancellationToken);

    /// <summary>Jobs, newest first; pages are fetched as they are needed.</summary>
    /// <param name="cancellationToken">Ends the listing.</param>
    public async IAsyncEnumerable<FlowStreamJob> ListAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var request = new ListJobsRequest();
        do
        {
            var page = await _client.CallAsync(StreamJobMethods.List, request, cancellationToken).ConfigureAwait(false);
            foreach (var job in page.Jobs)
            {
                yield return job.ToJob();
            }

            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);
    }

    /// <summary>How a job stands, first at once and then whenever that changes, until it has finished.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="untilAtRest">Ends once it has stopped or failed, too.</param>
    /// <param name="cancellationToken">Ends the watching.</param>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async IAsyncEnumerable<FlowStreamJob> WatchAsync(string jobId, bool untilAtRest = false, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var job in _client.StreamAsync(StreamJobMethods.Watch, new WatchJobRequest { JobId = jobId, UntilAtRest = untilAtRest }, cancellationToken).ConfigureAwait(false))
        {
            yield return job.ToJob();
        }
    }

    /// <summary>Stops a job. Returns when that is decided and stored, not when it has stopped. A harder mode takes over from a softer one.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: it finishes by itself.</exception>
    public Task<FlowStreamJob> StopAsync(string jobId, StreamJobStop mode = StreamJobStop.Checkpoint, CancellationToken cancellationToken = default) =>
        AskAsync(StreamJobMethods.Stop, new StopJobRequest { JobId = jobId, Mode = (JobStopMode)mode }, cancellationToken);

    /// <summary>Starts a job that rests.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="ignoreState">It begins from nothing, not from its newest checkpoint.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: it has finished, or fails right now.</exception>
    public Task<FlowStreamJob> StartAsync(string jobId, bool ignoreState = false, CancellationToken cancellationToken = default) =>
        AskAsync(StreamJobMethods.Start, new StartJobRequest { JobId = jobId, IgnoreState = ignoreState }, cancellationToken);

    /// <summary>Makes a job begin again.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="force">It takes no last checkpoint.</param>
    /// <param name="ignoreState">It begins from nothing.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: it is in a state in which that cannot be.</exception>
    public Task<FlowStreamJob> RestartAsync(string jobId, bool force = false, bool ignoreState = false, CancellationToken cancellationToken = default) =>
        AskAsync(StreamJobMethods.Restart, new RestartJobRequest { JobId = jobId, Force = force, IgnoreState = ignoreState }, cancellationToken);

    /// <summary>Runs a job with other numbers of subtasks, from a last checkpoint.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="all">For all nodes that have several now and are not named; null: they keep theirs.</param>
    /// <param name="nodes">By node; null for none.</param>
    /// <param name="cancellationToken">Stops waiting; it may have happened.</param>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: the numbers cannot be, or the job ends.</exception>
    public Task<FlowStreamJob> RescaleAsync(string jobId, int? all, IReadOnlyDictionary<uint, int>? nodes = null, CancellationToken cancellationToken = default)
    {
        var request = new RescaleJobRequest { JobId = jobId, All = ToCount(all ?? 0) };
        foreach (var (node, count) in nodes ?? new Dictionary<uint, int>())
        {
            request.Parallelism[node] = ToCount(count);
        }

        return AskAsync(StreamJobMethods.Rescale, request, cancellationToken);
    }

    /// <summary>Takes a checkpoint now, or right after the one that is under way. Returns before it is complete.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: the job does not run.</exception>
    public Task<FlowStreamJob> TakeCheckpointAsync(string jobId, CancellationToken cancellationToken = default) =>
        AskAsync(StreamJobMethods.TakeCheckpoint, new TakeCheckpointRequest { JobId = jobId }, cancellationToken);

    /// <summary>The checkpoints of a job that count, newest first.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>store_unavailable</c>.</exception>
    public async Task<IReadOnlyList<StreamJobCheckpoint>> ListCheckpointsAsync(string jobId, CancellationToken cancellationToken = default)
    {
        var response = await _client.CallAsync(StreamJobMethods.ListCheckpoints, new ListCheckpointsRequest { JobId = jobId }, cancellationToken).ConfigureAwait(false);
        return [.. response.Checkpoints.Select(StreamJobViews.ToCheckpoint)];
    }

    /// <summary>Gives the newest complete checkpoint a name. Its files stay as long as the savepoint.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: no such job, or it has no complete checkpoint; <c>already_exists</c>: the name is taken.</exception>
    public async Task<StreamJobSavepoint> CreateSavepointAsync(string jobId, string name, CancellationToken cancellationToken = default) =>
        (await _client.CallAsync(StreamJobMethods.CreateSavepoint, new CreateSavepointRequest { JobId = jobId, Name = name }, cancellationToken).ConfigureAwait(false)).ToSavepoint();

    /// <summary>The savepoints of a job, by name.</summary>
    /// <exception cref="FlowException"><c>not_found</c>.</exception>
    public async Task<IReadOnlyList<StreamJobSavepoint>> ListSavepointsAsync(string jobId, CancellationToken cancellationToken = default)
    {
        var response = await _client.CallAsync(StreamJobMethods.ListSavepoints, new ListSavepointsRequest { JobId = jobId }, cancellationToken).ConfigureAwait(false);
        return [.. response.Savepoints.Select(StreamJobViews.ToSavepoint)];
    }

    /// <summary>Deletes a savepoint. Repeating it changes nothing.</summary>
    /// <exception cref="FlowException"><c>not_found</c>: no such job.</exception>
    public Task DeleteSavepointAsync(string jobId, string name, CancellationToken cancellationToken = default) =>
        _client.CallAsync(StreamJobMethods.DeleteSavepoint, new DeleteSavepointRequest { JobId = jobId, Name = name }, cancellationToken);

    /// <summary>Removes a job that rests, with its checkpoints, its savepoints and the rows that it showed.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: it does not rest; <c>store_unavailable</c>: repeat it.</exception>
    public Task DeleteAsync(string jobId, CancellationToken cancellationToken = default) =>
        _client.CallAsync(StreamJobMethods.Delete, new DeleteJobRequest { JobId = jobId }, cancellationToken);

    private static SubmitJobRequest Request(StreamJobOptions? options)
    {
        options ??= new StreamJobOptions();
        return new SubmitJobRequest
        {
            JobId = options.JobId ?? "",
            Parallelism = ToCount(options.Parallelism),
            CheckpointInterval = options.CheckpointInterval is { } interval ? Duration.FromTimeSpan(interval) : null,
            CheckpointUrl = options.CheckpointUrl ?? "",
            TimeToLive = options.TimeToLive is { } live ? Duration.FromTimeSpan(live) : null,
            FromSavepoint = options.FromSavepoint is { } savepoint ? new SavepointRef { JobId = savepoint.JobId, Name = savepoint.Name } : null,
            DropUnknownState = options.DropUnknownState,
        };
    }

    private static uint ToCount(int count) => count >= 0
        ? (uint)count
        : throw new FlowException(FlowErrorCode.BadInput, string.Create(CultureInfo.InvariantCulture, $"A parallelism of {count} cannot be; use 1 or more."));

    private async Task<FlowStreamJob> AskAsync<TRequest>(Rpc.RpcMethod<TRequest, Job> method, TRequest request, CancellationToken cancellationToken)
        where TRequest : class, IMessage<TRequest>, new() =>
        (await _client.CallAsync(method, request, cancellationToken).ConfigureAwait(false)).ToJob();
}
