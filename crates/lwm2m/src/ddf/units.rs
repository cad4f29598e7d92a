//! Names of units.

/// Whether SenML knows the unit, as primary or secondary one.
///
/// Source: RFC 8428 "Units Registry", RFC 8798, later entries of the IANA registry, and `Ws` of the OMNA registry.
pub(super) fn is_known(unit: &str) -> bool {
    UNITS.split(' ').any(|known| known == unit)
}

const UNITS: &str = "m kg g s A K cd mol Hz rad sr N Pa J W C V F Ohm S Wb T H Cel lm lx Bq Gy Sv kat m2 m3 l m/s m/s2 \
    m3/s l/s W/m2 cd/m2 bit bit/s lat lon pH dB dBW Bspl count / %RH %EL EL 1/s 1/min beat/min beats S/m B VA VAs var \
    vars J/m kg/m3 deg NTU ms min h MHz kW kVA kvar Ah Wh kWh varh kvarh kVAh VAh Wh/km KiB GB Mbit/s B/s MB/s mV mA \
    dBm ug/m3 mm/h m/h ppm ppb ppt /100 /1000 hPa mm cm km km/h mg/l ug/l g/l Ws";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_units() {
        for unit in ["s", "Cel", "/100", "/", "%RH", "Ws"] {
            assert!(is_known(unit), "{unit}");
        }
        for unit in ["", "%", "celsius", "cel", "S/", "KB", "s Cel"] {
            assert!(!is_known(unit), "{unit}");
        }
    }
}
