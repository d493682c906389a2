//! Objects as a shared shape (the names) and their values.
//!
//! Rows of one topic share one shape, so a row costs its values only, and a compiled plan finds a factor by its slot.

use std::sync::Arc;

use super::Value;

/// From how many names on a look-up by name uses the sorted index instead of a scan.
const SCAN_UP_TO: usize = 12;

/// The names of an object, in order, without repetition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shape {
    names: Vec<Arc<str>>,
    /// Positions in the order of their names; empty for small shapes.
    sorted: Vec<u32>,
}

impl Shape {
    /// A shape of these names. A name that comes twice is kept once, at its first place.
    pub fn new(names: impl IntoIterator<Item = Arc<str>>) -> Self {
        let mut shape = Self::default();
        for name in names {
            shape.add(name);
        }
        shape
    }

    /// The names in order.
    pub fn names(&self) -> &[Arc<str>] {
        &self.names
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no name.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// The slot of a name.
    pub fn position(&self, name: &str) -> Option<usize> {
        if self.names.len() <= SCAN_UP_TO {
            return self.names.iter().position(|candidate| &**candidate == name);
        }
        self.sorted_position(name).ok()
    }

    /// The slot of a name, tried first at `hint`. For names that share their text with the shape's.
    pub fn position_near(&self, name: &Arc<str>, hint: usize) -> Option<usize> {
        match self.names.get(hint) {
            Some(found) if Arc::ptr_eq(found, name) || found == name => Some(hint),
            _ => self.position(name),
        }
    }

    fn sorted_position(&self, name: &str) -> Result<usize, usize> {
        let found = self.sorted.binary_search_by(|slot| self.names.get(*slot as usize).map_or("", |candidate| &**candidate).cmp(name))?;
        Ok(self.sorted.get(found).map_or(usize::MAX, |slot| *slot as usize))
    }

    /// Adds a name, giving its slot and whether it is new.
    fn add(&mut self, name: Arc<str>) -> (usize, bool) {
        if let Some(found) = self.position(&name) {
            return (found, false);
        }
        let slot = self.names.len();
        self.names.push(name);
        if self.names.len() == SCAN_UP_TO + 1 {
            let mut sorted: Vec<u32> = (0..=SCAN_UP_TO as u32).collect();
            sorted.sort_by(|left, right| self.names.get(*left as usize).cmp(&self.names.get(*right as usize)));
            self.sorted = sorted;
        } else if self.names.len() > SCAN_UP_TO {
            let added = self.names.get(slot).map_or("", |name| &**name);
            let place =
                self.sorted.binary_search_by(|other| self.names.get(*other as usize).map_or("", |name| &**name).cmp(added)).unwrap_or_else(|place| place);
            self.sorted.insert(place, slot as u32);
        }
        (slot, true)
    }
}

/// A string-keyed map in the order of insertion. Cloning shares; changing copies what is shared.
#[derive(Clone, Default)]
pub struct Object {
    shape: Arc<Shape>,
    values: Arc<Vec<Value>>,
}

impl Object {
    /// About how many bytes it is as a document; for bounds, not for accounts.
    pub fn estimated_bytes(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.estimated_bytes()).sum()
    }

    /// An empty object.
    pub fn new() -> Self {
        Self::default()
    }

    /// An object of a known shape. Missing values are null, superfluous ones are dropped.
    pub fn with_shape(shape: Arc<Shape>, mut values: Vec<Value>) -> Self {
        values.resize(shape.len(), Value::Null);
        Self { shape, values: Arc::new(values) }
    }

    /// An object of these names and values, in their order. Of equal names the last value counts, at the first place.
    pub fn from_members(names: Vec<Arc<str>>, values: Vec<Value>) -> Self {
        let shape = Shape::new(names.iter().map(Arc::clone));
        if shape.len() == values.len() {
            return Self { shape: Arc::new(shape), values: Arc::new(values) };
        }
        names.into_iter().zip(values).collect()
    }

    /// The same object on another shape with the same names in the same order, so that both are shared.
    #[must_use]
    pub fn reshaped(self, shape: &Arc<Shape>) -> Self {
        if *self.shape == **shape { Self { shape: Arc::clone(shape), values: self.values } } else { self }
    }

    /// The shape that it shares with others of its kind.
    pub fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    /// The values in the order of the shape.
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of a key; `None` where the key is missing.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.shape.position(name).and_then(|slot| self.values.get(slot))
    }

    /// The value of a key that is expected at slot `hint`.
    pub fn get_near(&self, name: &Arc<str>, hint: usize) -> Option<&Value> {
        self.shape.position_near(name, hint).and_then(|slot| self.values.get(slot))
    }

    /// Whether the key is there, be it null.
    pub fn contains(&self, name: &str) -> bool {
        self.shape.position(name).is_some()
    }

    /// Puts a value under a key, at the end when the key is new.
    pub fn insert(&mut self, name: impl AsRef<str> + Into<Arc<str>>, value: Value) {
        let values = Arc::make_mut(&mut self.values);
        match self.shape.position(name.as_ref()) {
            Some(slot) => {
                if let Some(place) = values.get_mut(slot) {
                    *place = value;
                }
            }
            None => {
                Arc::make_mut(&mut self.shape).add(name.into());
                values.push(value);
            }
        }
    }

    /// The value of a key, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        let slot = self.shape.position(name)?;
        Arc::make_mut(&mut self.values).get_mut(slot)
    }

    /// Puts a value at a slot of the shape; a slot that is not there is left alone.
    pub fn set(&mut self, slot: usize, value: Value) {
        if let Some(place) = Arc::make_mut(&mut self.values).get_mut(slot) {
            *place = value;
        }
    }

    /// Takes a key away, giving its value.
    pub fn remove(&mut self, name: &str) -> Option<Value> {
        let slot = self.shape.position(name)?;
        let names = self.shape.names().iter().enumerate().filter(|(place, _)| *place != slot).map(|(_, name)| Arc::clone(name));
        self.shape = Arc::new(Shape::new(names.collect::<Vec<_>>()));
        Some(Arc::make_mut(&mut self.values).remove(slot))
    }

    /// Keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Value)> {
        self.shape.names().iter().zip(self.values.iter())
    }

    /// Values to be changed, with their keys, in order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Arc<str>, &mut Value)> {
        self.shape.names().iter().zip(Arc::make_mut(&mut self.values).iter_mut())
    }
}

impl PartialEq for Object {
    /// Equal keys with equal values; the order of keys does not matter.
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(name, value)| other.get(name) == Some(value))
    }
}

impl std::fmt::Debug for Object {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_map().entries(self.iter()).finish()
    }
}

impl<N: AsRef<str> + Into<Arc<str>>> FromIterator<(N, Value)> for Object {
    fn from_iter<I: IntoIterator<Item = (N, Value)>>(pairs: I) -> Self {
        let mut object = Self::new();
        for (name, value) in pairs {
            object.insert(name, value);
        }
        object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_keys_in_small_and_large_shapes() {
        let mut object = Object::new();
        for n in (0..40_i64).rev() {
            object.insert(format!("k{n}"), Value::from(n));
        }
        for n in 0..40_i64 {
            assert_eq!(object.get(&format!("k{n}")), Some(&Value::from(n)));
        }
        assert_eq!(object.get("k40"), None);
        assert_eq!(object.remove("k7"), Some(Value::from(7)));
        assert_eq!(object.get("k7"), None);
        assert_eq!(object.get("k39"), Some(&Value::from(39)));
        assert_eq!(object.len(), 39);
    }

    #[test]
    fn a_clone_is_not_changed_by_its_original() {
        let mut first: Object = [("a", Value::from(1))].into_iter().collect();
        let second = first.clone();
        first.insert("a", Value::from(2));
        first.insert("b", Value::from(3));
        assert_eq!(second.get("a"), Some(&Value::from(1)));
        assert_eq!(second.get("b"), None);
    }

    #[test]
    fn equality_ignores_the_order_of_keys() {
        let left: Object = [("a", Value::from(1)), ("b", Value::Null)].into_iter().collect();
        let right: Object = [("b", Value::Null), ("a", Value::from(1))].into_iter().collect();
        assert_eq!(left, right);
        assert_ne!(left, [("a", Value::from(1))].into_iter().collect());
    }
}
