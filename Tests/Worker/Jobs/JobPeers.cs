using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using OrleansFlow.Arrow;
using OrleansFlow.Errors;
using OrleansFlow.Flight.Exchange;
using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Dataflow;
using OrleansFlow.Streaming.Operators;
using OrleansFlow.Worker.Data;
using OrleansFlow.Worker.Jobs.Edges;

namespace OrleansFlow.Tests.Worker.Jobs;

/// <summary>Workers <c>w1</c> and <c>w2</c>, each with its jobs and an exchange of its own, and the key that signs tokens.</summary>
internal sealed class JobPeers : IAsyncDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly VerificationKeys _keys = new();

    /// <param name="beforeRows">What sinks wait for before they take a batch; null: nothing.</param>
    public JobPeers(Func<CancellationToken, Task>? beforeRows = null)
    {
        BeforeRows = beforeRows ?? (static _ => Task.CompletedTask);
        _keys.Set([Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo())]);
        foreach (var id in new[] { "w1", "w2" })
        {
            var seen = new Recorder();
            var worker = new JobHarness(setup => setup with { WorkerId = id, Clock = TimeProvider.System }, registry => registry.Add("record", _ => new RecordSink(seen, BeforeRows)));
            Workers.Add(worker);
            Seen.Add(seen);
            var server = new JobEdgeServer(worker.Host, _keys.Verify, TimeProvider.System);
            Listeners.Add(ExchangeListener.Start(
                new ExchangeListenerOptions
                {
                    Address = ExchangeAddress.Tcp("127.0.0.1", 0),
                    MapError = DataErrors.TryMap,
                    Authorize = (hello, _) =>
                    {
                        try
                        {
                            server.Authorize(hello);
                            return ValueTask.CompletedTask;
                        }
                        catch (FlowException exception)
                        {
                            throw DataErrors.ToRpc(exception);
                        }
                    },
                },
                server.ServeAsync));
        }
    }

    public List<JobHarness> Workers { get; } = [];

    public List<ExchangeListener> Listeners { get; } = [];

    /// <summary>What the sinks of each worker saw.</summary>
    public List<Recorder> Seen { get; } = [];

    private Func<CancellationToken, Task> BeforeRows { get; }

    /// <summary>A token, as a gateway signs it.</summary>
    public string Token(string subject = "j1/1", string kind = SignedTextReader.JobKind)
    {
        var expires = TimeProvider.System.GetUtcNow().AddMinutes(10).ToUnixTimeSeconds();
        var payload = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"v1|{kind}|{subject}|{expires}"));
        return $"{Base64Url.EncodeToString(payload)}.{Base64Url.EncodeToString(_key.SignData(payload, HashAlgorithmName.SHA256))}";
    }

    /// <summary>Starts a program over both workers: subtask 0 of each node at the first, 1 at the second.</summary>
    public async Task StartAsync(Program program, string url = "")
    {
        foreach (var worker in Workers)
        {
            worker.Host.Start(StartFor(worker, program, url));
        }

        await Task.WhenAll(Workers.Select(worker => worker.ReadUntilAsync(said => said.EventCase == WorkerEvent.EventOneofCase.TaskStarted, program.Nodes.Count)));
    }

    public StartExecutionRequest StartFor(JobHarness worker, Program program, string url = "")
    {
        var start = JobPrograms.Start(program, url: url);
        start.Context.WorkerId = worker.Host.Setup.WorkerId;
        start.ExchangeToken = Token();
        foreach (var task in start.Tasks)
        {
            task.WorkerId = Workers[(int)task.SubtaskIndex].Host.Setup.WorkerId;
            task.WorkerDataAddress = $"grpc+tcp://127.0.0.1:1 {Listeners[(int)task.SubtaskIndex].Address}";
        }

        return start;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in Workers)
        {
            await worker.Host.DisposeAsync();
        }

        foreach (var listener in Listeners)
        {
            await listener.DisposeAsync();
        }

        foreach (var worker in Workers)
        {
            await worker.DisposeAsync();
        }

        _keys.Dispose();
        _key.Dispose();
    }

    /// <summary>Numbers in the order of their arrival; a barrier is -1.</summary>
    internal sealed class Recorder
    {
        private readonly Lock _gate = new();
        private readonly List<long> _seen = [];

        public List<long> All
        {
            get
            {
                lock (_gate)
                {
                    return [.. _seen];
                }
            }
        }

        public IEnumerable<long> Numbers => All.Where(one => one >= 0);

        public void Add(IEnumerable<long> seen)
        {
            lock (_gate)
            {
                _seen.AddRange(seen);
            }
        }
    }

    private sealed class RecordSink(Recorder seen, Func<CancellationToken, Task> beforeRows) : StreamOperator
    {
        public override async ValueTask ProcessAsync(RecordBatch batch, int input, IOperatorOutput output, CancellationToken cancellationToken)
        {
            using (batch)
            {
                await beforeRows(cancellationToken);
                var numbers = (Int64Array)batch.Column(0);
                seen.Add([.. Enumerable.Range(0, batch.RowCount).Select(row => (long)numbers.GetValue(row)!)]);
            }
        }

        public override ValueTask OnBarrierAsync(CheckpointBarrier barrier, IOperatorOutput output, CancellationToken cancellationToken)
        {
            seen.Add([-1]);
            return ValueTask.CompletedTask;
        }
    }
}
