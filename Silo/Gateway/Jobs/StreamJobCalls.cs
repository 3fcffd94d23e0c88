using System.Runtime.CompilerServices;
using OrleansFlow.Errors;
using OrleansFlow.Jobs;
using OrleansFlow.Silo.Gateway.Streams;
using OrleansFlow.Silo.Hosting;
using Wire = OrleansFlow.Protocol.Streaming.Jobs.V1;

namespace OrleansFlow.Silo.Gateway.Jobs;

/// <summary>Calls about streaming jobs.</summary>
internal sealed class StreamJobCalls(IGrainFactory grains, JobSubmissions submissions, StreamLogs logs, IIdSource ids, TimeProvider clock)
{
    private const int DefaultPageSize = 50;
    private const int PageSizeMax = 1_000;
    private static readonly TimeSpan WatchPeriod = TimeSpan.FromMilliseconds(250);

    public async Task<Wire.Job> SubmitAsync(Wire.SubmitJobRequest request, CancellationToken cancellationToken)
    {
        var id = request.JobId.Length == 0 ? ids.NewId() : StreamJobMapping.CheckId(request.JobId);
        var submission = await submissions.MakeAsync(id, request, cancellationToken);

        // Listed first: a job that runs can always be found.
        var directory = grains.GetGrain<IJobDirectoryGrain>(IJobDirectoryGrain.Jobs);
        await directory.RecordAsync(id, cancellationToken);
        try
        {
            await Grain(id).SubmitAsync(submission, cancellationToken);
        }
        catch (FlowException exception) when (exception.Code == FlowErrorCode.BadInput && !cancellationToken.IsCancellationRequested)
        {
            if (await Grain(id).GetAsync(cancellationToken) is null)
            {
                await directory.RemoveAsync(id, cancellationToken);
            }

            throw;
        }

        return await GetAsync(id, cancellationToken);
    }

    public async Task<Wire.ListJobsResponse> ListAsync(Wire.ListJobsRequest request, CancellationToken cancellationToken)
    {
        if (request.PageSize is < 0 or > PageSizeMax)
        {
            throw new FlowException(FlowErrorCode.BadInput, $"page_size {request.PageSize} is outside 1 to {PageSizeMax} (0: {DefaultPageSize}).");
        }

        var names = await grains.GetGrain<IJobDirectoryGrain>(IJobDirectoryGrain.Jobs).ListAsync(cancellationToken);
        var begin = 0;
        if (request.PageToken.Length > 0)
        {
            begin = names.ToList().IndexOf(request.PageToken) + 1;
            if (begin == 0)
            {
                throw new FlowException(FlowErrorCode.BadInput, $"page_token '{request.PageToken}' is not one of a page that this gateway gave. Begin the listing again.");
            }
        }

        var page = names.Skip(begin).Take(request.PageSize == 0 ? DefaultPageSize : request.PageSize).ToList();

        // A name may be listed a moment before its job is there.
        var views = await Task.WhenAll(page.Select(async name => (Name: name, View: await Grain(name).GetAsync(cancellationToken))));
        return new Wire.ListJobsResponse
        {
            Jobs = { views.Where(one => one.View is not null).Select(one => one.View!.ToWire(one.Name)) },
            NextPageToken = begin + page.Count < names.Count ? page[^1] : "",
        };
    }

    public async Task<Wire.Job> GetAsync(string jobId, CancellationToken cancellationToken) => (await ViewAsync(jobId, cancellationToken)).ToWire(jobId);

    /// <summary>A job as its grain sees it.</summary>
    /// <exception cref="FlowException"><c>not_found</c>; <c>bad_input</c>: no id.</exception>
    public async Task<StreamJobView> ViewAsync(string jobId, CancellationToken cancellationToken) => await Grain(StreamJobMapping.CheckId(jobId)).GetAsync(cancellationToken)
        ?? throw new FlowException(FlowErrorCode.NotFound, $"There is no streaming job '{jobId}'. 'flow jobs list' lists those that exist.");

    public async IAsyncEnumerable<Wire.Job> WatchAsync(Wire.WatchJobRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Wire.Job? last = null;
        while (true)
        {
            var job = await GetAsync(request.JobId, cancellationToken);
            if (!job.Equals(last))
            {
                yield return last = job;
            }

            if (job.State == Wire.JobState.Finished || (request.UntilAtRest && job.State is Wire.JobState.Stopped or Wire.JobState.Failed))
            {
                yield break;
            }

            await Task.Delay(WatchPeriod, clock, cancellationToken);
        }
    }

    public Task<Wire.Job> StopAsync(Wire.StopJobRequest request, CancellationToken cancellationToken) => SteerAsync(
        request.JobId,
        job => job.StopAsync(request.Mode switch
        {
            Wire.JobStopMode.Unspecified => StreamJobStopMode.Checkpoint,
            >= Wire.JobStopMode.Checkpoint and <= Wire.JobStopMode.Force => (StreamJobStopMode)request.Mode,
            _ => throw new FlowException(FlowErrorCode.BadInput, $"Stop mode {(int)request.Mode} is none that this gateway knows."),
        }, cancellationToken),
        cancellationToken);

    public Task<Wire.Job> StartAsync(Wire.StartJobRequest request, CancellationToken cancellationToken) =>
        SteerAsync(request.JobId, job => job.StartAsync(request.IgnoreState, cancellationToken), cancellationToken);

    public Task<Wire.Job> RestartAsync(Wire.RestartJobRequest request, CancellationToken cancellationToken) =>
        SteerAsync(request.JobId, job => job.RestartAsync(request.Force, request.IgnoreState, cancellationToken), cancellationToken);

    public Task<Wire.Job> TakeCheckpointAsync(Wire.TakeCheckpointRequest request, CancellationToken cancellationToken) =>
        SteerAsync(request.JobId, job => job.TakeCheckpointAsync(cancellationToken), cancellationToken);

    public async Task<Wire.Job> RescaleAsync(Wire.RescaleJobRequest request, CancellationToken cancellationToken)
    {
        var parallelism = request.Parallelism.ToDictionary(one => one.Key, one => (int)Math.Min(one.Value, int.MaxValue));
        var nodes = (await ViewAsync(request.JobId, cancellationToken)).Nodes;
        foreach (var id in parallelism.Keys.Where(id => nodes.All(node => node.Id != id)))
        {
            throw new FlowException(FlowErrorCode.BadInput, $"Job '{request.JobId}' has no node {id}; it has {string.Join(", ", nodes.Select(node => node.Id))}.");
        }

        foreach (var node in nodes.Where(node => request.All > 0 && node.Parallelism > 1))
        {
            parallelism.TryAdd(node.Id, (int)Math.Min(request.All, int.MaxValue));
        }

        return parallelism.Count == 0
            ? throw new FlowException(FlowErrorCode.BadInput, $"Nothing of job '{request.JobId}' would change: name nodes with their parallelism; 'all' leaves nodes with one subtask as they are.")
            : await SteerAsync(request.JobId, job => job.RescaleAsync(parallelism, cancellationToken), cancellationToken);
    }

    /// <summary>Removes a job that rests, and the rows that it showed.</summary>
    public async Task<Wire.DeleteJobResponse> DeleteAsync(Wire.DeleteJobRequest request, CancellationToken cancellationToken)
    {
        var view = await ViewAsync(request.JobId, cancellationToken);
        await Grain(request.JobId).DeleteAsync(cancellationToken);
        foreach (var table in view.Previews)
        {
            try
            {
                await logs.DropAsync(JobPreviews.StreamOf(request.JobId, table), cancellationToken);
            }
            catch (FlowException exception) when (exception.Code == FlowErrorCode.NotFound)
            {
                // It has shown no row.
            }
        }

        await grains.GetGrain<IJobDirectoryGrain>(IJobDirectoryGrain.Jobs).RemoveAsync(request.JobId, cancellationToken);
        return new Wire.DeleteJobResponse();
    }

    private async Task<Wire.Job> SteerAsync(string jobId, Func<IStreamJobGrain, Task> steer, CancellationToken cancellationToken)
    {
        await steer(Grain(StreamJobMapping.CheckId(jobId)));
        return await GetAsync(jobId, cancellationToken);
    }

    private IStreamJobGrain Grain(string id) => grains.GetGrain<IStreamJobGrain>(id);
}
