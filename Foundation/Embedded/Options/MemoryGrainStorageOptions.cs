namespace Orleans.Configuration;

/// <summary>How memory storage keeps its rows.</summary>
public class MemoryGrainStorageOptions
{
    /// <summary>The default of <see cref="NumStorageGrains"/>.</summary>
    public const int NumStorageGrainsDefaultValue = 10;

    /// <summary>The default of <see cref="InitStage"/>.</summary>
    public const int DEFAULT_INIT_STAGE = ServiceLifecycleStage.ApplicationServices;

    /// <summary>Over how many grains the rows are spread. No effect here: the rows are in the memory of the cluster.</summary>
    /// <value>Default 10; 1 or more.</value>
    public int NumStorageGrains { get; set; } = NumStorageGrainsDefaultValue;

    /// <summary>The stage of the silo's lifecycle that begins its use. No effect here: there is nothing to begin.</summary>
    /// <value>Default <see cref="ServiceLifecycleStage.ApplicationServices"/>.</value>
    public int InitStage { get; set; } = DEFAULT_INIT_STAGE;
}
