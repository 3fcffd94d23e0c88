using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using OrleansFlow.Benchmarks.Macro.Engines;
using OrleansFlow.Benchmarks.Macro.Scenarios;
using OrleansFlow.Benchmarks.Macro.Streams;
using OrleansFlow.Benchmarks.Macro.Wire;
using OrleansFlow.Benchmarks.Queries.Scaling;

namespace OrleansFlow.Benchmarks.Macro;

/// <summary><c>flow bench [SCENARIO...] [--rounds N] [--store sqlite|postgres] [--worker process|inline] [--size N] [--sf X] [--workers N] [--keys N] [--memory-mb N] [--slides N] [--query N] [--state-mb N] [--list]</c>. Each scenario gets a process of its own, so that its peak memory is its own.</summary>
internal static class BenchmarkCommandLine
{
    private const int CallersMistake = 2;

    // A model and no measurement: it prints its table.
    private const string ScalingArgument = "sql-scaling";

    private static string _store = StorageWrites.Stores[0];
    private static string _worker = TasksDurable.Workers[0];

    private static readonly Dictionary<string, NumberOption> Numbers = new(StringComparer.Ordinal)
    {
        ["--size"] = new(TasksCurve.DefaultSize, TasksCurve.SmallSize, TasksCurve.SizeMax),
        ["--workers"] = new(Tpch.DefaultWorkerCount, 1, Tpch.WorkerCountMax),
        ["--keys"] = new(WindowTumble.DefaultKeyCount, 1, WindowTumble.KeyCountMax),
        ["--memory-mb"] = new(0, 0, WindowTumble.MemoryMegabytesMax),
        ["--slides"] = new(WindowHop.DefaultSlideCount, 1, WindowHop.SlideCountMax),
        ["--query"] = new(Nexmark.DefaultQuery, 0, NexmarkQueries.Max),
        ["--state-mb"] = new(StreamCheckpoint.DefaultStateMegabytes, 1, StreamCheckpoint.StateMegabytesMax),
    };

    private static double _scaleFactor = TpchLocal.DefaultScaleFactor;

    private static readonly Dictionary<string, Func<Scenario>> Scenarios = new(StringComparer.Ordinal)
    {
        ["grain-calls-serial"] = GrainCalls.Serial,
        ["grain-calls-100"] = () => GrainCalls.Parallel(100),
        ["grain-calls-token"] = GrainCalls.WithToken,
        ["grain-calls-pair"] = GrainCalls.Pair,
        ["grain-calls-remote"] = () => new GrainCallsRemote(),
        ["grain-activation"] = () => new GrainActivation(withState: false),
        ["grain-activation-state"] = () => new GrainActivation(withState: true),
        ["grain-memory"] = () => new GrainMemory(withState: false),
        ["grain-memory-state"] = () => new GrainMemory(withState: true),
        ["grain-collection"] = () => new GrainCollection(),
        ["silo-start"] = () => new SiloStart(),
#if EMBEDDED_RUNTIME
        ["cluster-start"] = () => new ClusterStart(),
#endif
        ["storage-writes"] = () => new StorageWrites(64, _store, isHeldAgainstFsync: true),
        ["storage-writes-1"] = () => new StorageWrites(1, _store),
        ["storage-writes-64"] = () => new StorageWrites(64, _store),
        ["storage-writes-1000"] = () => new StorageWrites(1_000, _store),
        ["workflow-local"] = () => new WorkflowLocal(),
        ["workflow-steps"] = () => new WorkflowSteps(_store),
        ["workflow-latency"] = WorkflowLatency.ThreeSteps,
        ["workflow-fan-out-1000"] = WorkflowLatency.FanOut,
        ["workflow-sleepers"] = () => new WorkflowSleepers(Numbers["--size"].Value),
        ["workflow-long"] = () => new WorkflowLong(),
        ["tasks-durable"] = () => new TasksDurable(_store, _worker),
        ["tasks-enqueue"] = () => new TasksEnqueue(_store, isShared: true),
        ["tasks-enqueue-calls"] = () => new TasksEnqueue(_store, isShared: false),
        ["tasks-curve"] = () => new TasksCurve(Numbers["--size"].Value),
        ["idle"] = () => new Idle(),
        ["ready-to-leased"] = () => new ReadyToLeased(_store),
        ["task-latency"] = RunLatency.OneTask,
        ["chain-5"] = RunLatency.Chain,
        ["fan-out-1000"] = RunLatency.FanOut,
        ["graph-100k"] = () => new GraphLarge(),
        ["takeover"] = () => new Takeover(),
        ["run-listing-1k"] = () => new RunListing(1_000),
        ["run-listing-10k"] = () => new RunListing(10_000),
        ["run-listing-100k"] = () => new RunListing(100_000),
#if EMBEDDED_RUNTIME
        ["simulation-turns"] = () => new SimulationTurns(),
#endif
        ["ipc-encode"] = () => new IpcEncode(),
        ["ipc-decode"] = () => new IpcDecode(),
        ["grpc-unary"] = () => new GrpcUnary(),
        ["flight-doget"] = () => new FlightDoGet(),
        ["flight-doput"] = () => new FlightDoPut(),
        ["flight-small"] = () => new FlightSmall(),
        ["flight-small-gateway"] = () => new FlightSmallGateway(),
        ["flight-gateway"] = () => new FlightGateway(),
        ["exchange"] = () => new ExchangeTransfer(isTcp: false),
        ["exchange-tcp"] = () => new ExchangeTransfer(isTcp: true),
        ["flights-job"] = () => new FlightsJob(),
        ["hash-partition"] = () => new HashPartition(HashPartition.Keys.Number),
        ["hash-partition-split"] = () => new HashPartition(HashPartition.Keys.Number, isSplit: true),
        ["hash-partition-text"] = () => new HashPartition(HashPartition.Keys.Text),
        ["hash-partition-pair"] = () => new HashPartition(HashPartition.Keys.PairWithNulls),
        ["sql-function"] = () => new SqlFunction(),
        ["tpch-local"] = () => new TpchLocal(_scaleFactor),
        ["tpch"] = () => new Tpch(_scaleFactor, Numbers["--workers"].Value),
        ["sql-cancel"] = () => new SqlCancel(),
        ["sql-overhead"] = () => new SqlOverhead(SqlOverhead.Statement.Constant),
        ["sql-overhead-lookup"] = () => new SqlOverhead(SqlOverhead.Statement.Lookup),
        ["sql-overhead-file"] = () => new SqlOverhead(SqlOverhead.Statement.FileLookup),
        ["sql-coordinator-100"] = () => new SqlCoordinator(100),
        ["sql-coordinator-1000"] = () => new SqlCoordinator(1_000),
        ["sql-exchange"] = () => new SqlExchange(isShuffle: false),
        ["sql-exchange-shuffle"] = () => new SqlExchange(isShuffle: true),
        ["window-tumble"] = () => new WindowTumble(Numbers["--keys"].Value, Numbers["--memory-mb"].Value),
        ["window-session"] = () => new WindowSession(Numbers["--keys"].Value, Numbers["--memory-mb"].Value),
        ["process-state"] = () => new ProcessState(Numbers["--keys"].Value, Numbers["--memory-mb"].Value),
        ["window-hop"] = () => new WindowHop(Numbers["--slides"].Value),
        ["totals"] = () => new TotalsByKey(Numbers["--keys"].Value, Numbers["--memory-mb"].Value),
        ["nexmark"] = () => new Nexmark(Numbers["--query"].Value),
        ["checkpoint"] = () => new StreamCheckpoint(Numbers["--state-mb"].Value),
        ["stream-recovery"] = () => new StreamRecovery(Numbers["--state-mb"].Value),
        ["stream-latency"] = () => new StreamLatency(),
    };

    public static async Task<int> RunAsync(string[] args)
    {
        if (args is [BenchWorkflows.Argument, ..])
        {
            await BenchWorkflows.RunAsync();
            return 0;
        }

        if (args is [NoOpWorker.Argument, ..])
        {
            await NoOpWorker.RunAsync();
            return 0;
        }

        if (args is [WaitingWorker.Argument, ..])
        {
            await WaitingWorker.RunAsync();
            return 0;
        }

        if (args is [WirePeer.Argument])
        {
            await WirePeerServer.RunAsync();
            return 0;
        }

        if (args is [GrainMemory.Argument, var kind])
        {
            await GrainMemory.RunChildAsync(kind);
            return 0;
        }

        if (args is [GrainCallsRemote.Argument, var folder])
        {
            await GrainCallsRemote.RunSiloAsync(folder);
            return 0;
        }

        if (args is [DuckDbPeer.Argument, var threads])
        {
            await DuckDbPeer.RunAsync(int.Parse(threads, CultureInfo.InvariantCulture));
            return 0;
        }

        if (args is [QueryWorkerPeer.Argument])
        {
            await QueryWorkerPeer.RunAsync();
            return 0;
        }

        if (args is [ExchangePeer.Argument, var address])
        {
            await ExchangePeer.RunAsync(address);
            return 0;
        }

        if (args is [ScalingArgument, ..])
        {
            Console.Write(ScalingTable.Write(new ScalingCosts()));
            return 0;
        }

        if (args.Contains("--list"))
        {
            foreach (var (name, create) in Scenarios)
            {
                await using var scenario = create();
                Console.WriteLine($"{name,-24} {scenario.Question}");
            }

            return 0;
        }

        var rounds = ScenarioRunner.DefaultRounds;
        var names = new List<string>();
        for (var index = 0; index < args.Length; index++)
        {
            if (args[index] == "--rounds")
            {
                index++;
                if (index == args.Length || !int.TryParse(args[index], CultureInfo.InvariantCulture, out rounds) || rounds is < 1 or > 100)
                {
                    return await MistakeAsync("--rounds wants a number from 1 to 100.");
                }
            }
            else if (args[index] == "--store")
            {
                index++;
                if (index == args.Length || !StorageWrites.Stores.Contains(args[index]))
                {
                    return await MistakeAsync($"--store wants one of: {string.Join(' ', StorageWrites.Stores)}.");
                }

                _store = args[index];
            }
            else if (args[index] == "--worker")
            {
                index++;
                if (index == args.Length || !TasksDurable.Workers.Contains(args[index]))
                {
                    return await MistakeAsync($"--worker wants one of: {string.Join(' ', TasksDurable.Workers)}.");
                }

                _worker = args[index];
            }
            else if (Numbers.TryGetValue(args[index], out var number))
            {
                var name = args[index++];
                if (index == args.Length || !int.TryParse(name == "--query" ? args[index].TrimStart('q') : args[index], CultureInfo.InvariantCulture, out var value) || value < number.Min || value > number.Max)
                {
                    return await MistakeAsync($"{name} wants a number from {number.Min} to {number.Max}.");
                }

                number.Value = value;
            }
            else if (args[index] == "--sf")
            {
                index++;
                if (index == args.Length || !double.TryParse(args[index], CultureInfo.InvariantCulture, out _scaleFactor) || _scaleFactor is not (0.01 or >= 0.03 and <= 100))
                {
                    return await MistakeAsync("--sf wants a scale factor: 0.01, or 0.03 to 100.");
                }
            }
            else if (Scenarios.ContainsKey(args[index]))
            {
                names.Add(args[index]);
            }
            else
            {
                return await MistakeAsync($"'{args[index]}' is not a scenario. There are: {string.Join(' ', Scenarios.Keys)}.");
            }
        }

        return names is [var only]
            ? await RunOneAsync(only, rounds)
            : await RunAllAsync(names.Count > 0 ? names : [.. Scenarios.Keys], rounds);
    }

    private static async Task<int> RunOneAsync(string name, int rounds)
    {
        await using var scenario = Scenarios[name]();
        var result = await ScenarioRunner.RunAsync(scenario, rounds, CancellationToken.None);
        foreach (var part in result.Parts)
        {
            Console.WriteLine(JsonSerializer.Serialize(part, ResultJson.Default.PartResult));
        }

        Console.WriteLine(JsonSerializer.Serialize(result, ResultJson.Default.ScenarioResult));
        return 0;
    }

    private static async Task<int> RunAllAsync(IReadOnlyList<string> names, int rounds)
    {
        foreach (var name in names)
        {
            var start = new ProcessStartInfo("dotnet") { UseShellExecute = false };
            foreach (var argument in (string[])[typeof(BenchmarkCommandLine).Assembly.Location, name, "--rounds", rounds.ToString(CultureInfo.InvariantCulture), "--store", _store, "--worker", _worker, "--sf", _scaleFactor.ToString(CultureInfo.InvariantCulture), .. Numbers.SelectMany(number => new[] { number.Key, number.Value.Value.ToString(CultureInfo.InvariantCulture) })])
            {
                start.ArgumentList.Add(argument);
            }

            using var child = Process.Start(start)!;
            await child.WaitForExitAsync();
            if (child.ExitCode != 0)
            {
                return child.ExitCode;
            }
        }

        return 0;
    }

    private static async Task<int> MistakeAsync(string message)
    {
        await Console.Error.WriteLineAsync($"flow bench: {message}");
        return CallersMistake;
    }
}
