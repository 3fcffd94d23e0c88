namespace Orleans.Embedded;

/// <summary>Reads what the cluster in this process knows.</summary>
[GrainType("sys.management")]
internal sealed class ManagementGrain(SiloRuntime silo) : Grain, IManagementGrain
{
    private readonly EmbeddedCluster _cluster = silo.Cluster;

    public Task<Dictionary<SiloAddress, SiloStatus>> GetHosts(bool onlyActive = false) =>
        Task.FromResult(_cluster.Silos.ToDictionary(member => member.SiloAddress, static _ => SiloStatus.Active));

    public Task ForceGarbageCollection(SiloAddress[] hostsIds)
    {
        GC.Collect();
        return Task.CompletedTask;
    }

    public Task ForceActivationCollection(TimeSpan ageLimit) => CollectAsync(_cluster.Silos, ageLimit);

    public Task ForceActivationCollection(SiloAddress[] hostsIds, TimeSpan ageLimit) => CollectAsync(Members(hostsIds), ageLimit);

    public Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics() => Task.FromResult(Count(_cluster.Silos));

    public Task<SimpleGrainStatistic[]> GetSimpleGrainStatistics(SiloAddress[] hostsIds) => Task.FromResult(Count(Members(hostsIds)));

    public Task<DetailedGrainStatistic[]> GetDetailedGrainStatistics(string[]? types = null, SiloAddress[]? hostsIds = null) =>
        Task.FromResult(Activations(hostsIds is null ? _cluster.Silos : Members(hostsIds))
            .Select(static activation => new DetailedGrainStatistic
            {
                GrainType = NameOf(activation.Class.Type),
                SiloAddress = activation.Silo.SiloAddress,
                GrainId = activation.GrainId,
            })
            .Where(statistic => types is null || types.Contains(statistic.GrainType))
            .ToArray());

    public Task<int> GetGrainActivationCount(GrainReference grainReference)
    {
        ArgumentNullException.ThrowIfNull(grainReference);
        var type = grainReference.GrainId.Type;
        return Task.FromResult(Activations(_cluster.Silos).Count(activation => activation.GrainId.Type.Equals(type)));
    }

    public Task<int> GetTotalActivationCount() => Task.FromResult(Activations(_cluster.Silos).Count());

    public ValueTask<SiloAddress?> GetActivationAddress(IAddressable reference) =>
        new(_cluster.TryFind(reference.GetGrainId())?.Silo.SiloAddress);

    public ValueTask<List<GrainId>> GetActiveGrains(GrainType type) =>
        new(Activations(_cluster.Silos).Select(static activation => activation.GrainId).Where(id => id.Type.Equals(type)).Distinct().ToList());

    private static string NameOf(Type type) => $"{type.FullName},{type.Assembly.GetName().Name}";

    private SiloRuntime[] Members(SiloAddress[] addresses)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        return [.. _cluster.Silos.Where(member => addresses.Contains(member.SiloAddress))];
    }

    private IEnumerable<Activation> Activations(SiloRuntime[] silos) =>
        silos.SelectMany(_cluster.ActivationsOf).Where(static activation => activation.IsReceiving).OrderBy(static activation => activation.GrainId);

    private SimpleGrainStatistic[] Count(SiloRuntime[] silos) =>
    [
        .. Activations(silos)
            .GroupBy(static activation => (Name: NameOf(activation.Class.Type), activation.Silo.SiloAddress))
            .Select(static group => new SimpleGrainStatistic
            {
                GrainType = group.Key.Name,
                SiloAddress = group.Key.SiloAddress,
                ActivationCount = group.Count(),
            }),
    ];

    private async Task CollectAsync(SiloRuntime[] silos, TimeSpan ageLimit)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ageLimit, TimeSpan.Zero);
        var age = CallTimeouts.ToTicks(ageLimit);
        foreach (var batch in Activations(silos).Where(activation => activation.IsIdleFor(age)).Chunk(IdleCollector.EndsUnderWayMax))
        {
            await Task.WhenAll(batch.Select(activation => activation.CollectAsync(age)));
        }
    }
}
