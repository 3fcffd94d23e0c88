namespace Orleans.Providers;

/// <summary>Names of providers.</summary>
public static class ProviderConstants
{
    /// <summary>The storage provider of grains that name none.</summary>
    public const string DEFAULT_STORAGE_PROVIDER_NAME = "Default";

    /// <summary>The log consistency provider of grains that name none.</summary>
    public const string DEFAULT_LOG_CONSISTENCY_PROVIDER_NAME = "Default";

    /// <summary>The storage provider of stream subscriptions.</summary>
    public const string DEFAULT_PUBSUB_PROVIDER_NAME = "PubSubStore";
}

/// <summary>Names the storage provider of a grain that derives from <see cref="Grain{TGrainState}"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class StorageProviderAttribute : Attribute
{
    /// <summary>The name.</summary>
    /// <value>Default <see cref="ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME"/>.</value>
    public string ProviderName { get; set; } = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;
}
