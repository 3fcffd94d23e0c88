namespace Orleans
{
    /// <summary>Something that lives in one silo and is called like a grain.</summary>
    public interface ISystemTarget : IAddressable
    {
    }
}

namespace Orleans.Services
{
    /// <summary>Base of interfaces of grain services: one object in every silo, from its start to its end.</summary>
    public interface IGrainService : ISystemTarget
    {
    }

    /// <summary>Calls the grain service that is responsible for the caller; injected into grains.</summary>
    /// <typeparam name="TGrainService">The service's interface.</typeparam>
    public interface IGrainServiceClient<TGrainService>
        where TGrainService : IGrainService
    {
    }
}
