using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Orleans.Embedded;
using Orleans.Serialization;
using OrleansFlow.Simulation.Kernel;

namespace OrleansFlow.Simulation.Cluster;

/// <summary>The silos of a simulated world. Takes the place of thread pool and wire for the embedded runtime.</summary>
internal sealed class SimulatedCluster : IClusterSimulation
{
    /// <summary>Where callers are that belong to no silo.</summary>
    public const string CallerPlace = "caller";

    private readonly SimulationKernel _kernel;
    private readonly SimulatedNetwork _network;
    private readonly History _history;
    private readonly TimeSpan _responseTimeout;
    private readonly Dictionary<CallClient, string> _places = [];
    private readonly Dictionary<SiloRuntime, SimulatedProcess> _processes = [];
    private int _lastGeneration;

    /// <summary>Makes a cluster without silos.</summary>
    /// <param name="callers">The process of the callers.</param>
    /// <param name="network">Carries the calls.</param>
    /// <param name="history">Hears of what happens.</param>
    /// <param name="responseTimeout">How long callers wait for an answer.</param>
    public SimulatedCluster(SimulatedProcess callers, SimulatedNetwork network, History history, TimeSpan responseTimeout)
    {
        _kernel = callers.Kernel;
        _network = network;
        _history = history;
        _responseTimeout = responseTimeout;
        Members = new EmbeddedCluster(callers.Clock, this);
        Client = MakeClient(responseTimeout);
    }

    /// <summary>The runtime's own view of the cluster.</summary>
    public EmbeddedCluster Members { get; }

    /// <summary>Calls grains from outside every silo.</summary>
    public IClusterClient Client { get; }

    /// <summary>Gives a silo its place and process.</summary>
    public void Register(SiloRuntime silo, SimulatedProcess process)
    {
        _places[silo.Client] = process.Name;
        _processes[silo] = process;
    }

    int IClusterSimulation.NewGeneration() => ++_lastGeneration;

    void IClusterSimulation.QueueTurn(Activation activation) => _kernel.Ready(activation, null);

    Task IClusterSimulation.RunAsync(SiloRuntime silo, Func<Task> work) => _processes[silo].RunAsync(work);

    void IClusterSimulation.Send(GrainRequest request, Activation target)
    {
        var (from, to) = (PlaceOfCaller(request), _processes[target.Silo].Name);
        if (from == to)
        {
            target.Enqueue(request);
        }
        else if (!_network.Send(from, to, mayStraggle: true, () => target.Enqueue(request)))
        {
            _history.Add($"lost request {from} -> {to}: {request}");
            FailEnumeration(request);
            target.Drop(request);
        }
    }

    void IClusterSimulation.Answer(GrainRequest request, Activation source, Exception? failure, Action deliver, Action lose)
    {
        var (from, to) = (_processes[source.Silo].Name, PlaceOfCaller(request));
        if (from == to)
        {
            deliver();
        }
        else if (!_network.Send(from, to, mayStraggle: true, deliver))
        {
            _history.Add($"lost answer {from} -> {to}: {request}");
            FailEnumeration(request);
            lose();
        }
    }

    /// <summary>
    /// The embedded runtime sets enumerations no time limit, because in one process nothing is lost. Orleans asks for each batch with one, so
    /// that its readers learn of a lost batch as of any other lost answer.
    /// </summary>
    private void FailEnumeration(GrainRequest request)
    {
        if (request.IsEnumeration)
        {
            _kernel.At(_responseTimeout, () => request.TryFail(new TimeoutException($"No answer within {_responseTimeout} to {request}.")));
        }
    }

    private string PlaceOfCaller(GrainRequest request) =>
        request._caller is { } caller ? _processes[caller.Silo].Name
        : request._reference is { } reference && _places.TryGetValue(reference.Shared.Client, out var place) ? place
        : CallerPlace;

    private ClusterClient MakeClient(TimeSpan responseTimeout)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSerializer();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        services.Configure<ClientMessagingOptions>(options => options.ResponseTimeout = responseTimeout);
        services.AddSingleton(provider => CallClient.ForClient(Members, provider));
        services.AddSingleton<Orleans.Embedded.Serialization.IReferenceFormatter>(provider => provider.GetRequiredService<CallClient>().References);
        return new ClusterClient(services.BuildServiceProvider().GetRequiredService<CallClient>());
    }
}
