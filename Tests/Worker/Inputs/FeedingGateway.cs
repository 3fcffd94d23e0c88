using System.Collections.Concurrent;
using OrleansFlow.Protocol.Worker.V1;
using OrleansFlow.Tests.Worker.Scripting;

namespace OrleansFlow.Tests.Worker.Inputs;

/// <summary>A gateway that answers input adapters from a list of references, heeds their credit, and accepts what comes back.</summary>
internal sealed class FeedingGateway : IAsyncDisposable
{
    private readonly ScriptedSession _session;
    private readonly List<InputRef> _references = [];
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Outcome>> _outcomes = new();
    private readonly Dictionary<long, (ReadInputs Ask, int Next, int Credit)> _readers = [];
    private readonly Task _running;

    private FeedingGateway(ScriptedSession session)
    {
        _session = session;
        _running = RunAsync();
    }

    public Register Register => _session.Register;

    /// <summary>Whether the parents have ended.</summary>
    public bool HasEnded { get; set; } = true;

    /// <summary>What the readers asked for.</summary>
    public ConcurrentQueue<ReadInputs> Asked { get; } = new();

    public ConcurrentQueue<BatchReport> Accepted { get; } = new();

    /// <summary>Most references that were under way to one reader.</summary>
    public int CreditMax { get; private set; }

    public static async Task<FeedingGateway> AcceptAsync(WorkerHarness worker) => new(await ScriptedSession.AcceptAsync(worker.Transport));

    /// <summary>Adds artifacts with rows.</summary>
    public void Add(WorkerHarness worker, string node, params long[][] artifacts)
    {
        foreach (var rows in artifacts)
        {
            worker.Store.Files[AddReference(node)] = rows;
        }
    }

    /// <summary>Adds artifacts that are JSON documents.</summary>
    public void AddDocuments(WorkerHarness worker, string node, params string[] documents)
    {
        foreach (var document in documents)
        {
            worker.Store.Documents[AddReference(node)] = document;
        }
    }

    /// <summary>Offers a task and waits for its end.</summary>
    public async Task<Outcome> RunAsync(Offer offer)
    {
        var ended = _outcomes.GetOrAdd(KeyOf(offer.Lease), _ => new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously));
        await _session.OfferAsync(offer);
        return await ended.Task.WaitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>An offer of a task that reads from parents with an adapter.</summary>
    public static Offer OfferOf(string adapter, string args = "", string taskId = "r/join/0", long epoch = 1, params string[] parents)
    {
        var offer = WorkerHarness.OfferOf(taskId, epoch, parents: parents.Length == 0 ? ["a", "b"] : parents);
        (offer.InputAdapter, offer.InputArgsJson) = (adapter, args);
        return offer;
    }

    /// <summary>The same task for a further attempt, after what was accepted.</summary>
    public Offer Again(Offer offer)
    {
        var again = offer.Clone();
        again.Lease.Epoch++;
        again.Attempt++;
        again.AcceptedBatches = Accepted.Count;
        again.InputPosition = Accepted.LastOrDefault()?.InputPosition ?? "";
        return again;
    }

    public async ValueTask DisposeAsync()
    {
        await _session.DisposeAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static string KeyOf(Lease lease) => $"{lease.TaskId}/{lease.Epoch}";

    private string AddReference(string node)
    {
        var index = _references.Count(reference => reference.Node == node);
        var path = $"r/{node}/0/{index}.e1.arrow";
        _references.Add(new InputRef { Node = node, Index = index, Path = path, Rows = 1, Bytes = 8, Epoch = 1, Sequence = _references.Count + 1 });
        return path;
    }

    private async Task RunAsync()
    {
        while (await _session.NextAsync() is { } message)
        {
            switch (message.KindCase)
            {
                case WorkerMessage.KindOneofCase.ReadInputs:
                    Asked.Enqueue(message.ReadInputs);
                    await SendAsync(message.ReadInputs.ReaderId, message.ReadInputs, 0, message.ReadInputs.Credit);
                    break;
                case WorkerMessage.KindOneofCase.InputCredit when message.InputCredit.Credit > 0 && _readers.TryGetValue(message.InputCredit.ReaderId, out var reader):
                    await SendAsync(message.InputCredit.ReaderId, reader.Ask, reader.Next, reader.Credit + message.InputCredit.Credit);
                    break;
                case WorkerMessage.KindOneofCase.Batches:
                    foreach (var report in message.Batches.Reports)
                    {
                        Accepted.Enqueue(report);
                        await _session.AcceptBatchAsync(report.Lease, report.Index);
                    }

                    break;
                case WorkerMessage.KindOneofCase.Outcomes:
                    foreach (var outcome in message.Outcomes.Outcomes_)
                    {
                        await _session.AcceptOutcomeAsync(outcome.Lease);
                        _outcomes.GetOrAdd(KeyOf(outcome.Lease), _ => new TaskCompletionSource<Outcome>(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(outcome);
                    }

                    break;
            }
        }
    }

    private async Task SendAsync(long id, ReadInputs ask, int next, int credit)
    {
        CreditMax = Math.Max(CreditMax, credit);
        var message = new InputRefs { ReaderId = id };
        for (; next < _references.Count && credit > 0; next++)
        {
            var reference = _references[next];
            if (reference.Sequence > ask.After && (ask.Nodes.Count == 0 || ask.Nodes.Contains(reference.Node))
                && (ask.ShareCount <= 1 || (reference.TaskIndex + reference.Index) % ask.ShareCount == ask.ShareIndex))
            {
                message.Refs.Add(reference);
                credit--;
            }
        }

        _readers[id] = (ask, next, credit);
        message.End = HasEnded && next == _references.Count;
        if (message.End || message.Refs.Count > 0)
        {
            await _session.SendAsync(new SiloMessage { InputRefs = message });
        }
    }
}
