namespace Orleans;

/// <summary>How long an activation of the grain may be idle before it is collected.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class CollectionAgeLimitAttribute : Attribute
{
    /// <summary>The shortest age that is taken: one minute.</summary>
    public static readonly TimeSpan MinAgeLimit = TimeSpan.FromMinutes(1);

    private readonly TimeSpan? _age;

    /// <summary>Set the age by the properties.</summary>
    public CollectionAgeLimitAttribute()
    {
    }

    /// <summary>Sets the age by text.</summary>
    /// <param name="inactivityPeriod">A text that <see cref="TimeSpan.Parse(string)"/> takes.</param>
    public CollectionAgeLimitAttribute(string inactivityPeriod) =>
        _age = TimeSpan.Parse(inactivityPeriod, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Days to add to the age.</summary>
    public double Days { get; init; }

    /// <summary>Hours to add to the age.</summary>
    public double Hours { get; init; }

    /// <summary>Minutes to add to the age.</summary>
    public double Minutes { get; init; }

    /// <summary>Never collect the grain.</summary>
    public bool AlwaysActive { get; init; }

    /// <summary>The age; at least <see cref="MinAgeLimit"/>.</summary>
    public TimeSpan AgeLimit
    {
        get
        {
            if (AlwaysActive)
            {
                return TimeSpan.MaxValue;
            }

            var age = _age ?? TimeSpan.FromDays(Days) + TimeSpan.FromHours(Hours) + TimeSpan.FromMinutes(Minutes);
            return age < MinAgeLimit ? MinAgeLimit : age;
        }
    }
}

/// <summary>Activations of the grain are never collected for being idle.</summary>
[AttributeUsage(AttributeTargets.Class)]
public class KeepAliveAttribute : Attribute
{
}
