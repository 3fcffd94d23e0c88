namespace Orleans.Configuration;

/// <summary>When activations of stateless worker grains end.</summary>
public class StatelessWorkerOptions
{
    /// <summary>The default of <see cref="RemoveIdleWorkers"/>.</summary>
    public const bool DEFAULT_REMOVE_IDLE_WORKERS = true;

    /// <summary>The default of <see cref="MinIdleCyclesBeforeRemoval"/>.</summary>
    public const int DEFAULT_MIN_IDLE_CYCLES_BEFORE_REMOVAL = 1;

    /// <summary>The default of <see cref="IdleWorkersInspectionPeriod"/>.</summary>
    public static readonly TimeSpan DEFAULT_IDLE_WORKERS_INSPECTION_PERIOD = TimeSpan.FromMilliseconds(500);

    /// <summary>Whether workers without work end early. The last worker of a grain always stays for its collection age.</summary>
    /// <value>Default true; false leaves all workers to <see cref="GrainCollectionOptions"/>.</value>
    public bool RemoveIdleWorkers { get; set; } = DEFAULT_REMOVE_IDLE_WORKERS;

    /// <summary>Time between two looks for workers without work. Longer: workers that are not needed stay longer.</summary>
    /// <value>Default 500 ms; longer than zero.</value>
    public TimeSpan IdleWorkersInspectionPeriod { get; set; } = DEFAULT_IDLE_WORKERS_INSPECTION_PERIOD;

    /// <summary>In how many looks, one after the other, a worker must be without work to be ended.</summary>
    /// <value>Default 1; 1 or more.</value>
    public int MinIdleCyclesBeforeRemoval { get; set; } = DEFAULT_MIN_IDLE_CYCLES_BEFORE_REMOVAL;
}
