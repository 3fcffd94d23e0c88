using System.Globalization;
using System.Text;
using OrleansFlow.Decisions.Graphs;
using OrleansFlow.Decisions.Leases;
using OrleansFlow.Tasks;

namespace OrleansFlow.Tests.Decisions.Graphs;

/// <summary>
/// Several runs of random graphs that share a few slots. Slots go to early starts first, which is the worst that a queue can do; a task whose
/// input is not whole never ends by itself; some attempts fail or lose their lease.
/// </summary>
internal sealed class SharedSlots
{
    private const int RoundsMax = 3_000;
    private static readonly AcceptedBatch Batch = new(0, 1, 1, "p");

    private readonly Random _random;
    private readonly int _slotCount;
    private readonly GraphRunState[] _runs;
    private int _faultsLeft = 10;
    private DateTimeOffset _now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public SharedSlots(int seed)
    {
        _random = new Random(seed);
        _slotCount = _random.Next(1, 4);
        _runs = new GraphRunState[_random.Next(1, 4)];
        for (var run = 0; run < _runs.Length; run++)
        {
            _runs[run] = GraphRunState.None;
            Do(run, new SubmitRun(new RunId($"run-{run}"), GraphParser.Parse(Document()).RequirePlan()));
        }
    }

    /// <summary>Whether every run ends.</summary>
    /// <param name="takesTime">False: time only ends back-offs, as it did before early starts were held back.</param>
    public bool RunToTheEnd(bool takesTime)
    {
        for (var round = 0; round < RoundsMax && !Array.TrueForAll(_runs, run => run.IsTerminal); round++)
        {
            _now += TimeSpan.FromMilliseconds(_random.Next(0, 3_000));
            for (var run = 0; run < _runs.Length; run++)
            {
                if (takesTime)
                {
                    Do(run, new PassRunTime());
                }
                else
                {
                    foreach (var slot in _runs[run].Active.Where(slot => _runs[run][slot].Status == FlowTaskStatus.BackingOff))
                    {
                        Do(run, new LeaseTask(slot, new PassTime()));
                    }
                }
            }

            FillSlots();
            for (var run = 0; run < _runs.Length; run++)
            {
                foreach (var slot in _runs[run].Active)
                {
                    Work(run, slot);
                }
            }
        }

        return Array.TrueForAll(_runs, run => run.IsTerminal);
    }

    private void FillSlots()
    {
        var ready =
            from run in Enumerable.Range(0, _runs.Length)
            from node in Enumerable.Range(0, _runs[run].Nodes.Count)
            from index in Enumerable.Range(0, _runs[run].Nodes[node].Tasks.Count)
            let slot = new TaskSlot(node, index)
            where _runs[run][slot].Status == FlowTaskStatus.Ready
            orderby IsEarly(run, node) descending
            select (run, slot);
        var free = _slotCount - _runs.Sum(run => run.Active.Count(slot => run[slot].Status == FlowTaskStatus.Leased));
        foreach (var (run, slot) in ready.Take(free).ToList())
        {
            Do(run, new LeaseTask(slot, new GrantLease(new WorkerId("w"), "s")));
        }
    }

    private void Work(int run, TaskSlot slot)
    {
        var task = _runs[run][slot];
        if (task.Status != FlowTaskStatus.Leased)
        {
            return;
        }

        if (_faultsLeft > 0 && _random.Next(20) == 0)
        {
            _faultsLeft--;
            Do(run, new LeaseTask(slot, _random.Next(2) == 0
                ? new RevokeLease(task.Epoch, LeaseReasons.ConnectionLost)
                : new FailAttempt(task.Epoch, new LeaseFailure("oops", false, "no"))));
        }
        else if (task.Batches.Count < 2)
        {
            Do(run, new LeaseTask(slot, new AcceptBatch(task.Epoch, task.Batches.Count, Batch)));
        }
        else if (!IsEarly(run, slot.Node))
        {
            Do(run, new LeaseTask(slot, new CompleteAttempt(task.Epoch, task.Batches.Count)));
        }
    }

    private bool IsEarly(int run, int node) =>
        _runs[run].Plan!.Nodes[node].Edges.Any(edge => _runs[run].Nodes[edge.Parent].Status != OrleansFlow.Graphs.RunStatus.Completed);

    private string Document()
    {
        var text = new StringBuilder("""{"name":"x","nodes":[""");
        var count = _random.Next(2, 7);
        for (var node = 0; node < count; node++)
        {
            var parents = Enumerable.Range(0, node).Where(_ => _random.Next(2) == 0).Select(parent => $"\"n{parent}\"");
            text.Append(node == 0 ? "" : ",").Append(
                CultureInfo.InvariantCulture,
                $$"""{"id":"n{{node}}","role":"r","tasks":{{_random.Next(1, 4)}},"depends_on":[{{string.Join(',', parents)}}]""");
            text.Append(_random.Next(3) > 0 ? ""","start_when":"first_batch" """ : "").Append(""","retry":{"max":2,"backoff_sec":1}}""");
        }

        return text.Append("]}").ToString();
    }

    private void Do(int run, GraphRunCommand command) => _runs[run] = GraphRunDecider.Decide(_runs[run], command, TimeSpan.FromDays(1), _now).State;
}
