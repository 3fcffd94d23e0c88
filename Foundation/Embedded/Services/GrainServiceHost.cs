using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Services;

namespace Orleans.Embedded;

/// <summary>Keeps one grain service of one silo: an activation that is placed here and is never collected.</summary>
internal sealed class GrainServiceHost(SiloRuntime silo, Type serviceClass) : ILifecycleParticipant<ISiloLifecycle>
{
    private Activation? _activation;

    /// <summary>The id of a service in a silo.</summary>
    public static GrainId IdOf(Type serviceInterface, SiloAddress silo) => GrainId.Create(
        GrainType.Create($"sys.svc.user.{(uint)UniformHash.Of(Encoding.UTF8.GetBytes(serviceInterface.FullName!)):X8}"),
        IdSpan.Create(silo.ToParsableString()));

    public void Participate(ISiloLifecycle lifecycle)
    {
        var name = $"grain service {serviceClass.Name}";
        lifecycle.Subscribe(name, ServiceLifecycleStage.RuntimeGrainServices, _ => InitAsync());
        lifecycle.Subscribe(name, ServiceLifecycleStage.Active, _ => RunAsync(static service => service.Start()), _ => RunAsync(static service => service.Stop()));
    }

    private Task InitAsync()
    {
        var id = IdOf(InterfaceOf(serviceClass), silo.SiloAddress);
        var grainClass = new GrainClass(serviceClass, id.Type).For(
            activation => ActivatorUtilities.CreateInstance(silo.Services, serviceClass, activation.GrainId, silo.Services.GetRequiredService<Silo>()),
            collectionAgeTicks: null);
        _activation = new Activation(silo, grainClass, id);
        silo.Cluster.AddPlaced(_activation);
        return RunAsync(service => service.Init(silo.Services));
    }

    private Task RunAsync(Func<GrainService, Task> run)
    {
        if (_activation is not { } activation)
        {
            return Task.CompletedTask;
        }

        var started = new TaskCompletionSource<Task>(silo.Cluster.ContinuationOptions);
        activation.QueueAction(() =>
        {
            try
            {
                started.TrySetResult(run((GrainService?)activation.GrainInstance ?? throw activation.Failure
                    ?? new OrleansException($"Grain service '{serviceClass}' has ended.")));
            }
            catch (Exception exception)
            {
                started.TrySetException(exception);
            }
        });
        return EndAsync(started.Task);

        static async Task EndAsync(Task<Task> started) => await await started;
    }

    // The one that no other interface of the class derives from.
    private static Type InterfaceOf(Type serviceClass)
    {
        var interfaces = serviceClass.GetInterfaces()
            .Where(static candidate => candidate != typeof(IGrainService) && typeof(IGrainService).IsAssignableFrom(candidate))
            .ToList();
        return interfaces.Where(candidate => !interfaces.Any(other => other != candidate && candidate.IsAssignableFrom(other))).ToList() switch
        {
            [var only] => only,
            [] => throw new OrleansConfigurationException($"Grain service '{serviceClass}' implements no interface derived from {nameof(IGrainService)}."),
            _ => throw new OrleansConfigurationException($"Grain service '{serviceClass}' implements several interfaces derived from {nameof(IGrainService)}."),
        };
    }
}
