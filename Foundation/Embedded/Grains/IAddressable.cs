namespace Orleans.Runtime;

/// <summary>Anything that can be the target of a grain call.</summary>
public interface IAddressable
{
}
