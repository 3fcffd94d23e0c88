namespace Orleans;

/// <summary>Base of the interfaces of observers: objects outside grains that grains call through an object reference.</summary>
/// <remarks>An interface derived from it is called like a grain interface. <see cref="IGrainFactory.CreateObjectReference"/> makes the references.</remarks>
public interface IGrainObserver : IAddressable
{
}
