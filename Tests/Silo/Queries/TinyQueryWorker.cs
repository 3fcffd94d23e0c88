using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Threading.Channels;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using OrleansFlow.Arrow;
using OrleansFlow.Engine;
using OrleansFlow.Errors;
using OrleansFlow.Flight;
using OrleansFlow.Protocol.Queries.V1;
using OrleansFlow.Rpc;
using OrleansFlow.Rpc.Server;
using OrleansFlow.Silo.Gateway.Queries;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Queries;

namespace OrleansFlow.Tests.Silo.Queries;

/// <summary>
/// A worker of queries that says what the protocol means and nothing more: each task runs to its end in an engine, and its rows are kept. Over real
/// Flight on loopback.
/// </summary>
internal sealed partial class TinyQueryWorker : IFlightProducer, IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<(string Query, int Stage, int Task, int Attempt), TinyTask> _tasks = new();
    private readonly ConcurrentDictionary<string, Channel<TaskReport>> _reports = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly EngineInstance _engine;
    private WebApplication? _app;

    private TinyQueryWorker(string id, EngineInstance engine)
    {
        Id = id;
        _engine = engine;
    }

    public string Id { get; }

    public QueryPeer Peer => new(Id, "grpc+tcp://" + new Uri(_app!.Urls.Single()).Authority, 1, 0);

    /// <summary>Root of the artifacts, as a worker hears it when it registers.</summary>
    public string ArtifactRoot { get; set; } = "";

    /// <summary>Whether it says nothing of tasks that run.</summary>
    public bool IsSilent { get; set; }

    /// <summary>Called before a task runs; what it throws fails the task.</summary>
    public Func<TaskPlan, CancellationToken, Task> BeforeRunAsync { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>Called when a task has run, before anybody hears of it; what it throws fails the task.</summary>
    public Func<TaskPlan, Task> AfterRunAsync { get; set; } = _ => Task.CompletedTask;

    /// <summary>Every plan that was ever set.</summary>
    public ConcurrentQueue<TaskPlan> Plans { get; } = [];

    /// <summary>Every attempt that was stopped while its query went on.</summary>
    public ConcurrentQueue<TaskKey> Stopped { get; } = [];

    /// <summary>Done when a query was cancelled here.</summary>
    public Task WhenCancelled => _cancelled.Task;

    public static async Task<TinyQueryWorker> StartAsync(string id)
    {
        var worker = new TinyQueryWorker(id, await EngineInstance.OpenAsync(new EngineOptions { ThreadCount = 1 }, TestContext.Current.CancellationToken));
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureFlowHttp2();
            kestrel.Listen(IPAddress.Loopback, 0, listener => listener.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddRpcServer();
        worker._app = builder.Build();
        worker._app.MapRpcService(FlightRpc.Define(worker, WorkerDataService.FlightLimits));
        await worker._app.StartAsync(TestContext.Current.CancellationToken);
        return worker;
    }

    public async IAsyncEnumerable<ReadOnlyMemory<byte>> DoActionAsync(FlightAction action, RpcServerContext context)
    {
        Assert.StartsWith("Bearer ", context.RequestHeaders.GetValue("authorization"), StringComparison.Ordinal);
        await Task.CompletedTask;
        switch (action.Type)
        {
            case QueryActions.SetPlans:
                Set(SetPlansRequest.Parser.ParseFrom(action.Body.Span));
                yield return new SetPlansResponse().ToByteArray();
                break;
            case QueryActions.Cancel:
                var query = CancelQueryRequest.Parser.ParseFrom(action.Body.Span).QueryId;
                foreach (var (_, task) in _tasks.Where(task => task.Key.Query == query))
                {
                    await task.Stop.CancelAsync();
                }

                ReportsOf(query).Writer.TryComplete();
                _cancelled.TrySetResult();
                yield return new CancelQueryResponse().ToByteArray();
                break;
            case QueryActions.StopTasks:
                foreach (var key in StopTasksRequest.Parser.ParseFrom(action.Body.Span).Tasks)
                {
                    Stopped.Enqueue(key);
                    await _tasks[KeyOf(key)].Stop.CancelAsync();
                }

                yield return new StopTasksResponse().ToByteArray();
                break;
            case QueryActions.Watch:
                var watched = WatchQueryRequest.Parser.ParseFrom(action.Body.Span).QueryId;
                var reports = ReportsOf(watched).Reader;
                for (var isOpen = true; isOpen;)
                {
                    var waiting = reports.WaitToReadAsync(context.CancellationToken).AsTask();
                    while (await Task.WhenAny(waiting, Task.Delay(Beat, TimeProvider.System, context.CancellationToken)) != waiting)
                    {
                        if (!IsSilent)
                        {
                            yield return new TaskReport { Key = new TaskKey { QueryId = watched }, State = TaskReport.Types.State.Running }.ToByteArray();
                        }
                    }

                    isOpen = await waiting;
                    while (reports.TryRead(out var report))
                    {
                        yield return report.ToByteArray();
                    }
                }

                break;
            default:
                throw new RpcException(RpcStatusCode.Unimplemented, action.Type);
        }
    }

    public async Task<FlightStream> DoGetAsync(FlightTicket ticket, RpcServerContext context)
    {
        if (!ticket.Bytes.Span.StartsWith("Q1"u8))
        {
            var subject = SubjectOf(ticket);
            return StreamRows.IsStream(subject) ? await StreamRows.OpenAsync(ArtifactRoot, subject, context.CancellationToken) : TableFlights.Open(ArtifactRoot, subject);
        }

        var range = TaskTicket.Parser.ParseFrom(ticket.Bytes.Span[2..]).Range;

        // The plans of a stage reach its workers in any order, so a reader may come before the plan that it reads.
        var task = TaskOf(range.Key);
        List<RecordBatch>[][] outputs;
        try
        {
            outputs = await task.Outputs.WaitAsync(context.CancellationToken);
        }
        catch (FlowException exception)
        {
            throw Failure(exception.Code, exception.Message);
        }

        var batches = outputs[range.Output].Skip(range.FirstPartition).Take(range.PartitionCount).SelectMany(partition => partition).ToList();
        return new FlightStream(task.Schema!, Give(batches));
    }

    /// <summary>Ends at once, as a process that is killed.</summary>
    public async Task KillAsync()
    {
        await _stop.CancelAsync();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app!.StopAsync(now.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await Task.WhenAll(_tasks.Values.Select(task => task.Running));
        await _app!.DisposeAsync();
        await _engine.DisposeAsync();
        _stop.Dispose();
    }

    private static (string Query, int Stage, int Task, int Attempt) KeyOf(TaskKey key) => (key.QueryId, key.Stage, key.Task, key.Attempt);

    private static RpcException Failure(FlowErrorCode code, string message)
    {
        var kind = FlowErrorKind.Of(code);
        return new RpcException(RpcStatusDetails.WithErrorInfo((RpcStatusCode)kind.GrpcStatus, message, kind.Wire, FlowErrorKind.Domain));
    }

    private static string SubjectOf(FlightTicket ticket) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(ticket.AsText().Split('.')[0])).Split('|')[2];

    private static async IAsyncEnumerable<RecordBatch> Give(List<RecordBatch> batches)
    {
        foreach (var batch in batches)
        {
            await Task.Yield();
            yield return batch.Retain();
        }
    }

    private Channel<TaskReport> ReportsOf(string query) => _reports.GetOrAdd(query, _ => Channel.CreateUnbounded<TaskReport>());

    private void Set(SetPlansRequest request)
    {
        foreach (var plan in request.Plans)
        {
            Plans.Enqueue(plan);
            var task = TaskOf(plan.Key);
            if (!task.TrySet())
            {
                throw Failure(FlowErrorCode.AlreadyExists, $"{plan.Key} is set.");
            }

            task.Running = RunAsync(plan, task);
        }
    }

    private TinyTask TaskOf(TaskKey key) => _tasks.GetOrAdd(KeyOf(key), _ => new TinyTask(CancellationTokenSource.CreateLinkedTokenSource(_stop.Token)));

    private async Task RunAsync(TaskPlan plan, TinyTask task)
    {
        var report = new TaskReport { Key = plan.Key };
        try
        {
            await Task.Yield();
            await BeforeRunAsync(plan, task.Stop.Token);
            var outputs = await ExecuteAsync(plan, task, task.Stop.Token);
            await AfterRunAsync(plan);
            report.State = TaskReport.Types.State.Finished;
            report.Metrics = new TaskMetrics();
            foreach (var partition in outputs.SelectMany(output => output))
            {
                report.Metrics.PartitionRows.Add(partition.Sum(batch => batch.RowCount));
                report.Metrics.PartitionBytes.Add(partition.Sum(batch => batch.ByteCount));
            }

            task.End(outputs);
        }
        catch (Exception exception)
        {
            var failure = exception as FlowException ?? new FlowException(exception is EngineException ? FlowErrorCode.EngineError : FlowErrorCode.WorkerLost, exception.Message, exception);
            report.State = TaskReport.Types.State.Failed;
            report.Failure = new TaskFailure { Code = failure.Kind.Wire, Message = failure.Message, Lost = exception.Data["lost"] as TaskKey };
            task.Fail(failure);
        }
        finally
        {
            ReportsOf(plan.Key.QueryId).Writer.TryWrite(report);
        }
    }

    private sealed class TinyTask(CancellationTokenSource stop)
    {
        private readonly TaskCompletionSource<List<RecordBatch>[][]> _outputs = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _isSet;

        public CancellationTokenSource Stop { get; } = stop;

        public ArrowSchema? Schema { get; set; }

        /// <summary>Its rows, when it has run.</summary>
        public Task<List<RecordBatch>[][]> Outputs => _outputs.Task;

        /// <summary>Ends with the task, whatever comes of it; ended while it has no plan.</summary>
        public Task Running { get; set; } = Task.CompletedTask;

        public bool TrySet() => Interlocked.Exchange(ref _isSet, 1) == 0;

        public void End(List<RecordBatch>[][] outputs) => _outputs.TrySetResult(outputs);

        public void Fail(FlowException failure)
        {
            _outputs.TrySetException(failure);

            // Nobody may come to read it.
            _ = _outputs.Task.Exception;
        }
    }
}
