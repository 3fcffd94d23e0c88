using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Cluster;

/// <summary>Carries messages between places: silos, workers, callers. Messages on one way keep their order, unless one straggles.</summary>
internal sealed class SimulatedNetwork(SimulationKernel kernel, ulong seed, History history, FaultTally tally)
{
    private static readonly TimeSpan LatencyMin = TimeSpan.FromMicroseconds(50);
    private static readonly TimeSpan LatencyMax = TimeSpan.FromMicroseconds(800);

    private readonly SeededRandom _random = new(seed, "network");
    private readonly Dictionary<(string From, string To), TimeSpan> _lastArrival = [];
    private readonly Dictionary<(string From, string To), TimeSpan> _stragglers = [];
    private readonly HashSet<(string From, string To)> _cut = [];

    /// <summary>How it behaves now.</summary>
    public NetworkFaults Faults { get; set; } = NetworkFaults.None;

    /// <summary>When the network last did something wrong.</summary>
    public TimeSpan LastFault { get; private set; }

    /// <summary>Cuts one way between two places.</summary>
    public void Cut(string from, string to)
    {
        if (_cut.Add((from, to)))
        {
            history.Add($"network cut {from} -> {to}");
        }
    }

    /// <summary>Mends every way.</summary>
    public void Mend()
    {
        if (_cut.Count > 0)
        {
            history.Add($"network mended");
            _cut.Clear();
            LastFault = kernel.Now;
        }
    }

    /// <summary>Whether a way is cut.</summary>
    public bool IsCut(string from, string to) => _cut.Contains((from, to));

    /// <summary>Whether a message of a stream arrives twice.</summary>
    public bool IsRepeated() => _random.Chance(Faults.Repeat);

    /// <summary>Whether a worker hears of a broken stream, or the stream merely falls silent.</summary>
    public bool IsSilent() => _random.Chance(0.4);

    /// <summary>Sends a message.</summary>
    /// <param name="from">Where it is sent.</param>
    /// <param name="to">Where it is to arrive.</param>
    /// <param name="mayStraggle">False where the transport keeps the order whatever happens.</param>
    /// <param name="deliver">Runs when it arrives.</param>
    /// <returns>False when it is lost.</returns>
    public bool Send(string from, string to, bool mayStraggle, Action deliver)
    {
        if (from == to)
        {
            kernel.Ready(deliver, null);
            return true;
        }

        var isCut = _cut.Count > 0 && _cut.Contains((from, to));
        if (isCut || _random.Chance(Faults.Loss))
        {
            tally.Add(!isCut ? FaultKind.Loss : _cut.Contains((to, from)) ? FaultKind.FullPartition : FaultKind.OneWayPartition);
            LastFault = kernel.Now;
            return false;
        }

        var way = (from, to);
        var latency = _random.Between(LatencyMin, LatencyMax);
        if (mayStraggle && _random.Chance(Faults.Straggle))
        {
            LastFault = kernel.Now;
            latency = _random.Between(latency, Faults.DelayMax);
            _stragglers[way] = kernel.Now + latency;
            kernel.At(latency, deliver);
            return true;
        }

        if (_random.Chance(Faults.Delay))
        {
            tally.Add(FaultKind.Delay);
            LastFault = kernel.Now;
            latency = _random.Between(latency, Faults.DelayMax);
        }

        var arrival = kernel.Now + latency;
        if (_lastArrival.TryGetValue(way, out var last) && last >= arrival)
        {
            arrival = last + TimeSpan.FromTicks(1);
        }

        _lastArrival[way] = arrival;
        if (_stragglers.Count > 0 && _stragglers.TryGetValue(way, out var straggler) && arrival < straggler)
        {
            tally.Add(FaultKind.Reordering);
        }

        kernel.At(arrival - kernel.Now, deliver);
        return true;
    }
}
