namespace Orleans;

/// <summary>Checks the configuration when a silo or client starts; registered in the container.</summary>
public interface IConfigurationValidator
{
    /// <summary>Throws an <see cref="OrleansConfigurationException"/> when the configuration cannot be used.</summary>
    void ValidateConfiguration();
}
